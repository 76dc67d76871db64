"""Issues the tokens of users, with `common.auth.tokens`."""

from datetime import datetime
from typing import Final, NamedTuple

from common.auth.keys import KeyRing, SigningKey
from common.auth.principal import Principal
from common.auth.tokens import LONGEST_LIFETIME, TokenSettings, issue

LIFETIME: Final = LONGEST_LIFETIME


class KeyTokenSigner(NamedTuple):
    """Signs tokens with one key; see `TokenSigner`."""

    key: SigningKey
    settings: TokenSettings

    def issue(self, principal: Principal, now: datetime) -> str:
        """See `TokenSigner.issue`."""
        return issue(self.key, self.settings, principal, now, LIFETIME)


class KeyRingTokenIssuer(NamedTuple):
    """Issues tokens with the current key of a key ring; see `TokenIssuer`."""

    keys: KeyRing
    settings: TokenSettings

    def signer(self) -> KeyTokenSigner:
        """See `TokenIssuer.signer`."""
        return KeyTokenSigner(self.keys.current(), self.settings)
