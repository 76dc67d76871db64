"""What must be in no log line and no trace, whoever sent it."""

import re

SECRETS = (
    re.compile(r"[\w.+-]+@[\w-]+\.\w+"),  # e-mail addresses
    re.compile(r"eyJ[\w-]{8,}|[Bb]earer "),  # tokens
    re.compile(r"horse battery|argon2", re.IGNORECASE),  # the passwords of these tests, and their hashes
)
