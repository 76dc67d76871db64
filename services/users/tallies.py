"""What is counted of this service's domain."""

from enum import StrEnum


class Tally(StrEnum):
    """Names of metrics, each counted once for each time that it happened."""

    USERS_REGISTERED = "UsersRegistered"
    TOKENS_ISSUED = "TokensIssued"
    TOKENS_REFUSED = "TokensRefused"  # a login, for its credentials or for coming too early
