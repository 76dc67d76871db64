"""Requests that fail on purpose, made from the services' profiles."""

import itertools
import time
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import httpx2
import pytest

from tests.conformance.found import profile
from tests.support.deployed.deployment import Deployment
from tests.support.deployed.signing import Signer
from tests.support.eventually import eventually
from tests.support.fault_plan import FaultPlan
from tests.support.profile import Factory, Operation
from tests.support.services import SERVICES, deployed_name

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# AWS's code of the errors of `throttling`.
THROTTLED: Final = "ThrottlingException"

_numbers = itertools.count(time.time_ns() // 1_000_000)


def new_number() -> int:
    """Return an unused number for a new thing of a profile."""
    return next(_numbers)


@dataclass(frozen=True)
class SignedRequest:
    """A request of an operation that requires a token, sent by the owner of a new thing.

    Attributes:
        method: In upper case.
        path: The path with the parameters of the owner's thing.
        route: The path template.
        subject: The owner.
        make: Returns body, query and headers of the request for a number.
    """

    method: str
    path: str
    route: str
    subject: str
    make: Factory

    def send(self, deployment: Deployment, headers: dict[str, str]) -> httpx2.Response:
        """Send the request with these headers."""
        arguments = dict(self.make(new_number()))
        headers = headers | arguments.pop("headers", {})
        return deployment.api.request(self.method, self.path, headers=headers, **arguments)


def _secured(service: str) -> list[Operation]:
    """Return the operations that serve the owner, require a token and call DynamoDB, reads first."""
    # A request without the scope that an operation requires is rejected before it calls DynamoDB.
    found = [
        one
        for one in profile(service).operations
        if not one.access.public and (one.access.owner or not one.access.scope) and not one.environment
    ]
    return sorted((one for one in found if one.cases[0].calls), key=lambda one: one.method != "GET")


def signed_request(deployment: Deployment, signer: Signer, service: str) -> SignedRequest:
    """Return a request of the service that requires a token. Skip a service without such an operation."""
    if not _secured(service):
        pytest.skip(f"no operation of {service} requires a token")
    operation = _secured(service)[0]
    owned = profile(service).make(deployment.api, signer.bearer, new_number())
    path = operation.path.format(**owned.parameters)
    return SignedRequest(operation.method, path, operation.path, owned.subject, operation.send)


def bug(deployment: Deployment, dynamodb: "DynamoDBClient", service: str) -> httpx2.Response:
    """Store an item that does not decode, and return the response to the request that reads it."""
    broken = profile(service).broken
    dynamodb.put_item(TableName=deployed_name(service), Item=dict(broken.item))
    return deployment.api.request(broken.method, broken.path)


@dataclass(frozen=True)
class Signed:
    """A signed request, and the response to it while Secrets Manager throttled every attempt to read the key."""

    request: SignedRequest
    response: httpx2.Response


@dataclass(frozen=True)
class Outage:
    """The responses of a service to the first requests of its environment, while AWS throttled its calls.

    Attributes:
        service: The name of the service.
        database: The response while DynamoDB throttled every attempt.
    """

    service: str
    database: httpx2.Response
    _signed: Signed | None

    @property
    def signed(self) -> Signed:
        """Return the request that needed the key. Skip a service without an operation that requires a token."""
        if self._signed is None:
            pytest.skip(f"no operation of {self.service} requires a token")
        return self._signed


def _is_served(request: SignedRequest, deployment: Deployment, headers: dict[str, str]) -> bool:
    return request.send(deployment, headers).status_code < HTTPStatus.INTERNAL_SERVER_ERROR


def throttling(service: str, aws_service: str, attempts: int = 1) -> dict[str, Any]:
    """Return the fault by which AWS throttles the next attempts of the service's functions."""
    return {"kind": "throttle", "caller": deployed_name(service), "service": aws_service, "count": attempts}


def outages(deployment: Deployment, faulty: Deployment, plan: FaultPlan, signer: Signer) -> dict[str, Outage]:
    """Throttle the calls of every service in `faulty`, and return the responses by service."""
    found = {}
    for service in SERVICES:
        broken = profile(service).broken
        with plan.planned(throttling(service, "dynamodb", 3)):
            database = faulty.api.request(broken.method, broken.path)
        signed = None
        if _secured(service):
            request = signed_request(deployment, signer, service)
            headers = signer.bearer(request.subject)
            with plan.planned(throttling(service, "secretsmanager", 2)):
                signed = Signed(request, request.send(faulty, headers))
            # The key is not read again within a second of a failure, and later tests need it.
            eventually(partial(_is_served, request, faulty, headers), expected=True)
        found[service] = Outage(service, database, signed)
    return found
