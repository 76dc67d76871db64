"""The rules for new passwords: only their length, as NIST SP 800-63B section 5.1.1.2 recommends."""

from typing import Final

SHORTEST_PASSWORD: Final = 12  # characters
LONGEST_PASSWORD: Final = 256  # characters; hashing a longer text would cost the caller nothing and this service much
