"""Password hashes by argon2id (RFC 9106).

The library is imported with the first hash, because most processes never hash.
"""

import base64
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SALT_BYTES: Final = 16
HASH_BYTES: Final = 32


class Argon2Hasher(NamedTuple):
    """The `Hasher` of this service.

    The parameters are among those that OWASP recommends
    (https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#argon2id). Each hash contains its
    parameters. They are arguments for tests and measurements only.
    """

    memory_kib: int = 19 * 1024
    passes: int = 2
    lanes: int = 1

    def hash(self, password: str) -> str:
        """See `Hasher.hash`."""
        return _argon2(self).hash(password)

    def matches(self, password: str, password_hash: str | None) -> bool:
        """See `Hasher.matches`."""
        from argon2.exceptions import VerifyMismatchError  # noqa: PLC0415 - see the module's docstring

        try:
            return _argon2(self).verify(password_hash or self._hash_of_nothing(), password)
        except VerifyMismatchError:
            return False

    def is_outdated(self, password_hash: str) -> bool:
        """See `Hasher.is_outdated`."""
        return _argon2(self).check_needs_rehash(password_hash)

    def _hash_of_nothing(self) -> str:
        """Return a hash with the current parameters that matches no password: its bytes are all zero."""
        salt, result = (base64.b64encode(bytes(size)).decode().rstrip("=") for size in (SALT_BYTES, HASH_BYTES))
        return f"$argon2id$v=19$m={self.memory_kib},t={self.passes},p={self.lanes}${salt}${result}"


def _argon2(parameters: Argon2Hasher) -> "PasswordHasher":
    from argon2 import PasswordHasher, Type  # noqa: PLC0415 - see the module's docstring

    return PasswordHasher(
        time_cost=parameters.passes,
        memory_cost=parameters.memory_kib,
        parallelism=parameters.lanes,
        hash_len=HASH_BYTES,
        salt_len=SALT_BYTES,
        type=Type.ID,
    )
