"""Domain metrics of this service."""

from enum import StrEnum


class DomainMetric(StrEnum):
    """Names of the domain metrics; operations declare which one they count."""

    USERS_REGISTERED = "UsersRegistered"
    TOKENS_ISSUED = "TokensIssued"
    TOKENS_REFUSED = "TokensRefused"  # failed logins, and logins too soon after failed ones
