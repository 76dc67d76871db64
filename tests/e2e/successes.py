"""Requests that succeed, made from the services' profiles."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx2

from tests.conformance.found import Row, profile
from tests.e2e.failures import new_number
from tests.support.deployed.signing import Signer

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class Prepared:
    """A request that succeeds once.

    Attributes:
        method: In upper case.
        path: The path with the parameters of the owner's thing.
        headers: Those of the caller and of the row.
        arguments: Body and query.
        status: Of the response.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    arguments: Mapping[str, Any]
    status: int

    def send(self, api: httpx2.Client) -> httpx2.Response:
        """Send the request."""
        return api.request(self.method, self.path, headers=dict(self.headers), **self.arguments)


def prepared(api: httpx2.Client, dynamodb: "DynamoDBClient", signer: Signer, row: Row) -> Prepared:
    """Make a new thing, send the operation that the row needs before, and return the request of its owner."""
    service, operation = row
    found, number = profile(service), new_number()
    owned = found.make(api, signer.bearer, number)
    headers: dict[str, str] = {}
    if not operation.access.public:
        scope = None if operation.access.owner else operation.access.scope
        if scope and found.grant:
            found.grant(dynamodb, number, scope)
        headers = signer.bearer(owned.subject, *filter(None, [scope]))
    if operation.needs:
        method, needed = operation.needs
        before = api.request(method, needed.format(**owned.parameters), headers=headers)
        assert before.is_success, before.text
    arguments = dict(operation.prepare(api, new_number()) if operation.prepare else operation.send(new_number()))
    headers |= arguments.pop("headers", {})
    path = operation.path.format(**owned.parameters)
    return Prepared(operation.method, path, headers, arguments, operation.cases[0].status)
