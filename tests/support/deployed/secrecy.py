"""Patterns that must not occur in log lines and traces."""

import re

SECRETS = (
    re.compile(r"[\w.+-]+@[\w-]+\.\w+"),  # e-mail addresses
    re.compile(r"eyJ[\w-]{8,}\.eyJ|[Bb]earer "),  # tokens, but not random request ids that begin with `eyJ`
    re.compile(r"horse battery|argon2", re.IGNORECASE),  # the passwords of the tests, and their hashes
)
