"""The permissions that calls of Terraform and of release commands need: which action, on which resource.

Operations are read by botocore's models of the services. Resources per action:
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, unquote
from wsgiref.types import WSGIEnvironment

import botocore.session

from local_aws.iam.dependent import dependent_needs
from local_aws.iam.policy import Need
from local_aws.iam.resources import ARNS, GLOBAL, PREFIXES, WITHOUT_RESOURCE

# Signing name => botocore's name, where they differ.
MODELS = {"apigateway": "apigatewayv2", "monitoring": "cloudwatch", "servicequotas": "service-quotas"}
# Actions on roles with the condition key iam:PermissionsBoundary:
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
BOUNDED = {
    "AttachRolePolicy",
    "CreateRole",
    "DeleteRolePermissionsBoundary",
    "DeleteRolePolicy",
    "DetachRolePolicy",
    "PutRolePermissionsBoundary",
    "PutRolePolicy",
}
# Operations whose action has another name.
ACTIONS = {"lambda:GetLayerVersionByArn": "lambda:GetLayerVersion"}
S3_ACTIONS = {
    "CopyObject": "PutObject",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
}


class Role(NamedTuple):
    """A role that a call names: its ARN, and its permissions boundary's ARN."""

    arn: str
    boundary: str | None


class UnknownCallError(Exception):
    """The call is not one of the service's, or its resource is unknown."""


@dataclass(frozen=True, slots=True)
class ManagementCall:
    """A call: the signing name of its service, its operation, and its parameters, as far as they are named."""

    service: str
    region: str
    operation: str
    parameters: dict[str, Any]
    path: str
    method: str

    @classmethod
    def read(cls, service: str, region: str, environ: WSGIEnvironment, body: bytes) -> "ManagementCall":
        """Return the call of a request.

        Raises:
            UnknownCallError: It is not an operation of the service.
        """
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        if operation := environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]:
            return cls(service, region, operation, json.loads(body or b"{}"), path, method)
        if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
            form = dict(parse_qsl(body.decode(), keep_blank_values=True))
            return cls(service, region, form.pop("Action", ""), form, path, method)
        query = environ.get("QUERY_STRING", "")
        for name, expected, pattern, wanted in _operations(service):
            found = pattern.fullmatch(path.rstrip("/") or "/")
            if expected == method and found and wanted <= {key for key, _ in parse_qsl(query, keep_blank_values=True)}:
                named = {key: unquote(value) for key, value in found.groupdict().items()}
                sent = json.loads(body) if body[:1] == b"{" else {}
                return cls(service, region, name, dict(parse_qsl(query)) | sent | named, path, method)
        raise UnknownCallError(f"{service}: {method} {path}?{query}")

    def needs(self, account: str, role: Callable[[str], Role | None]) -> Iterator[Need]:
        """Yield the permissions that the call needs, those that AWS checks besides the action itself included.

        Args:
            account: The caller's account.
            role: Returns the role with this name, or None.

        Raises:
            UnknownCallError: The resource of the action is unknown.
        """
        if (self.service, self.operation) == ("sts", "GetCallerIdentity"):
            return
        if self.service == "s3":
            yield from self._s3()
            return
        own = self._own(account, role)
        yield own
        yield from dependent_needs(self, account, own)

    def arn(self, account: str, resource: str) -> str:
        """Return the ARN of a resource of this service, whose name may be an ARN already."""
        if resource.startswith("arn:"):
            return resource
        region = "" if self.service in GLOBAL or resource.startswith("dashboard/") else self.region
        account = "" if self.service == "route53" else account
        return f"arn:aws:{PREFIXES.get(self.service, self.service)}:{region}:{account}:{resource}"

    def _own(self, account: str, role: Callable[[str], Role | None]) -> Need:
        prefix = PREFIXES.get(self.service, self.service)
        action = ACTIONS.get(f"{prefix}:{self.operation}", f"{prefix}:{self.operation}")
        if self.service == "apigateway":
            path = self.path.removeprefix("/v2")
            path = (
                f"/tags/{quote(unquote(path.removeprefix('/tags/')), safe='')}" if path.startswith("/tags/") else path
            )
            return Need(f"apigateway:{self.method}", f"arn:aws:apigateway:{self.region}::{path}")
        if any(re.fullmatch(pattern, action) for pattern in WITHOUT_RESOURCE):
            return Need(action, "*")
        if self.service == "iam" and (name := self.parameters.get("RoleName")):
            found = role(name) or Role(self.arn(account, f"role{self.parameters.get('Path', '/')}{name}"), None)
            boundary = self.parameters.get("PermissionsBoundary") or found.boundary
            if boundary and self.operation in BOUNDED:
                return Need(action, found.arn, {"iam:PermissionsBoundary": str(boundary)})
            return Need(action, found.arn)
        for parameter, form in ARNS.get(self.service, ()):
            if value := self.parameters.get(parameter):
                named = str(value) if str(value).startswith("arn:") else form.format(value, **self._strings())
                return Need(action, self.arn(account, named))
        raise UnknownCallError(f"{action}: its resource is unknown, parameters {sorted(self.parameters)}")

    def _strings(self) -> dict[str, str]:
        kind = {"kind": "change" if self.operation == "GetChange" else "hostedzone"}  # of Route 53's `Id`
        named = {name: value for name, value in self.parameters.items() if isinstance(value, str)}
        return kind | {name: value for name, value in named.items() if name.isidentifier()}

    def _s3(self) -> Iterator[Need]:
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
        bucket, key = self.parameters.get("Bucket", ""), self.parameters.get("Key", "")
        name = S3_ACTIONS.get(self.operation, self.operation)
        if name == "GetObject" and "versionId" in self.parameters:
            name = "GetObjectVersion"
        yield Need(f"s3:{name}", f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}")


@cache
def _operations(service: str) -> list[tuple[str, str, re.Pattern[str], set[str]]]:
    """Return name, method, pattern of the path and query keys of a REST service's operations, the most exact first."""
    model = botocore.session.get_session().get_service_model(MODELS.get(service, service))
    found = []
    for name in model.operation_names:
        http = model.operation_model(name).http
        path, _, query = http["requestUri"].partition("?")
        pattern = re.sub(
            r"\{([\w-]+)(\+?)\}",
            # An ARN has slashes, which the server has decoded already.
            lambda one: f"(?P<{one[1].replace('-', '_')}>{'.+' if one[2] or 'arn' in one[1].lower() else '[^/]+'})",
            re.sub(r"[.]", r"\\.", path.rstrip("/") or "/"),
        )
        wanted = {key for key, _ in parse_qsl(query, keep_blank_values=True)} - {"x-id"}
        shape = model.operation_model(name).input_shape
        places = [] if shape is None else [shape.members[member].serialization for member in shape.required_members]
        wanted |= {place["name"] for place in places if place.get("location") == "querystring"}
        found.append((name, http["method"], re.compile(pattern), wanted))
    # A path without a placeholder, and a query, are more exact.
    return sorted(found, key=lambda one: (-len(one[3]), one[2].pattern.count("(?P"), -len(one[2].pattern)))
