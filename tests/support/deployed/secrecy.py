"""Patterns that must not occur in log lines and traces."""

import re

from tests.conformance.found import DESCRIBED, profile

SECRETS = (
    re.compile(r"[\w.+-]+@[\w-]+\.\w+"),  # e-mail addresses
    re.compile(r"eyJ[\w-]{8,}\.eyJ|[Bb]earer "),  # tokens, but not random request ids that begin with `eyJ`
    *(re.compile(pattern) for service in DESCRIBED for pattern in profile(service).secrets),
)
