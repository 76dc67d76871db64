"""The rules for new passwords: their length only (NIST SP 800-63B section 5.1.1.2), in characters."""

from typing import Final

SHORTEST_PASSWORD: Final = 12
LONGEST_PASSWORD: Final = 256
