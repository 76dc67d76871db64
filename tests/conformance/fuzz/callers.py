"""The roles of a fuzz, and the headers by which they authenticate."""

from typing import TYPE_CHECKING, Final

import httpx2

from tests.conformance.found import DESCRIBED, SERVICES, profile, service_file
from tests.conformance.soak.callers import NUMBERS
from tests.support.deployed.signing import Signer
from tests.support.profile import ANONYMOUS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

USER: Final = "a user"
ADMINISTRATOR: Final = "an administrator"
ROLES: Final = (ANONYMOUS, USER, ADMINISTRATOR)


class Callers:
    """Creates callers that every deployed service accepts."""

    def __init__(self, api: httpx2.Client, dynamodb: "DynamoDBClient", signer: Signer) -> None:
        self._api = api
        self._dynamodb = dynamodb
        self._signer = signer

    def headers(self, role: str) -> dict[str, str]:
        """Return the headers of a new caller of the role. Earlier requests may have deleted the last one."""
        if role == ANONYMOUS:
            return {}
        number = next(NUMBERS)
        owners = {service: profile(service).make(self._api, self._signer.bearer, number) for service in DESCRIBED}
        # A service that keeps accounts accepts only those.
        accounts = {owned.subject for owned in owners.values()} - {str(number)}
        subject = next(iter(accounts), str(number))
        scopes = self._granted(number) if role == ADMINISTRATOR else []
        return self._signer.bearer(subject, *scopes)

    def _granted(self, number: int) -> list[str]:
        for service in DESCRIBED:
            grant = profile(service).grant
            for scope in service_file(service).scopes if grant else ():
                assert grant is not None
                grant(self._dynamodb, number, scope)
        return [scope for service in SERVICES for scope in service_file(service).scopes]
