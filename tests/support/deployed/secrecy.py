"""What no log line and no trace may hold."""

import re

SECRETS = (
    re.compile(r"[\w.+-]+@[\w-]+\.\w+"),  # e-mail addresses
    re.compile(r"eyJ[\w-]{8,}\.eyJ|[Bb]earer "),  # tokens; request ids are random and may begin with `eyJ`
    re.compile(r"horse battery|argon2", re.IGNORECASE),  # the passwords of the tests, and their hashes
)
