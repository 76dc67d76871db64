"""An AWS API request, and the permissions that its caller needs.

The services are those that our functions call or that their roles name; which action on which resource an operation
needs is in https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs
from wsgiref.types import WSGIEnvironment

from local_aws.iam.access import Grant
from local_aws.model.function_reference import FunctionReference

# https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
SIGNED = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/,]+)/\d{8}/(?P<region>[^/,]+)/(?P<service>[^/,]+)/aws4_request,"
)
TARGETS = {
    "codedeploy": "CodeDeploy_20141006",
    "dynamodb": "DynamoDB_20120810",
    "logs": "Logs_20140328",
    "monitoring": "GraniteServiceVersion20100801",
    "secretsmanager": "secretsmanager",
}
# The prefix of a service's actions, where it is not the name that its requests are signed with.
PREFIXES = {"monitoring": "cloudwatch"}
ALIAS = re.compile(r"/2015-03-31/functions/(?P<function>[\w-]+)/aliases/[\w-]+", re.ASCII)
ALIAS_OPERATIONS = {"GET": "GetAlias", "PUT": "UpdateAlias"}
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
TRANSACTION_ACTIONS = {
    "ConditionCheck": "ConditionCheckItem",
    "Delete": "DeleteItem",
    "Get": "GetItem",
    "Put": "PutItem",
    "Update": "UpdateItem",
}
# https://docs.aws.amazon.com/xray/latest/api/API_Operations.html
XRAY_OPERATIONS = {"/TelemetryRecords": "PutTelemetryRecords", "/TraceSegments": "PutTraceSegments"}
IDENTITY = ("sts", "GetCallerIdentity")


class UnknownNeedsError(Exception):
    """The permissions that the call needs are unknown here, so only the operator may make it."""


@dataclass(frozen=True, slots=True)
class ApiCall:
    """A request to `service` (its SigV4 signing name) in `region`; `target` is the header's part before the operation.

    An unknown operation is named by the request's method and path. `function` is the one that it invokes, or whose
    alias it reads or changes.
    """

    service: str
    region: str
    operation: str
    target: str
    body: bytes
    function: FunctionReference | None = None

    @classmethod
    def read(cls, service: str, region: str, environ: WSGIEnvironment, body: bytes) -> "ApiCall":
        """Return the call, its operation read as the service's protocol names it."""
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        query = environ.get("QUERY_STRING", "")
        target, _, operation = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")
        function = FunctionReference.invoked(method, path, query) if service == "lambda" else None
        if function is not None:
            return cls(service, region, "Invoke", "", body, function)
        alias = ALIAS.fullmatch(path) if service == "lambda" else None
        if alias is not None and method in ALIAS_OPERATIONS:
            return cls(service, region, ALIAS_OPERATIONS[method], "", body, FunctionReference(alias["function"]))
        if (method, path, query) == ("POST", "/", ""):
            if not operation and environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
                operation = parse_qs(body.decode(errors="replace")).get("Action", [""])[0]
        else:
            operation = XRAY_OPERATIONS.get(path, "") if (service, method) == ("xray", "POST") else ""
        return cls(service, region, operation or f"{method} {path}", target, body)

    def needs(self, account: str, secret_arn: Callable[[str], str]) -> tuple[Grant, ...]:
        """Return the exact permissions that the call needs, each once.

        Args:
            account: The caller's account.
            secret_arn: Returns the ARN of a secret by its name, or by an ARN that may lack the random suffix.

        Raises:
            UnknownNeedsError: They are unknown.
        """
        if (self.service, self.operation) == IDENTITY and not self.target:
            # https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html: needs no permission.
            return ()
        try:
            pairs = tuple(dict.fromkeys(self._needs(account, secret_arn)))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise UnknownNeedsError from error
        if not pairs:
            raise UnknownNeedsError
        prefix = PREFIXES.get(self.service, self.service)
        return tuple(Grant(f"{prefix}:{action}", resource) for action, resource in pairs)

    def _needs(self, account: str, secret_arn: Callable[[str], str]) -> Iterator[tuple[str, str]]:
        if self.function is not None:
            action = "InvokeFunction" if self.operation == "Invoke" else self.operation
            yield action, self.function.arn(self.region, account)
            return
        if self.service == "xray" and self.operation in XRAY_OPERATIONS.values():
            yield self.operation, "*"
            return
        if " " in self.operation or self.target != TARGETS[self.service]:
            return
        arn = f"arn:aws:{self.service}:{self.region}:{account}"
        parameters = json.loads(self.body)
        match self.service, self.operation:
            case "dynamodb", _:
                for action, table in _dynamodb(self.operation, parameters):
                    yield action, table if table.startswith("arn:") else f"{arn}:table/{table}"
            case "secretsmanager", _:
                yield self.operation, secret_arn(parameters["SecretId"])
            case "logs", "CreateLogStream" | "PutLogEvents":
                group, stream = parameters["logGroupName"], parameters["logStreamName"]
                yield self.operation, f"{arn}:log-group:{group}:log-stream:{stream}"
            case "monitoring", "DescribeAlarms":
                yield self.operation, "*"
            case (
                "codedeploy",
                "BatchGetDeploymentTargets" | "ListDeploymentTargets" | "PutLifecycleEventHookExecutionStatus",
            ):
                # They support no resources, although they are about one deployment:
                # https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscodedeploy.html
                yield self.operation, "*"


def _dynamodb(operation: str, parameters: dict[str, Any]) -> Iterator[tuple[str, str]]:
    match operation:
        case "TransactWriteItems" | "TransactGetItems":
            for item in parameters["TransactItems"]:
                for kind, element in item.items():
                    yield TRANSACTION_ACTIONS[kind], element["TableName"]
        case "BatchGetItem" | "BatchWriteItem":
            for table in parameters["RequestItems"]:
                yield operation, table
        case "Query" | "Scan" if "IndexName" in parameters:
            yield operation, f"{parameters['TableName']}/index/{parameters['IndexName']}"
        case _:
            yield operation, parameters["TableName"]
