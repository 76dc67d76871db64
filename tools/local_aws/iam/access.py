"""The permissions of a role. Only policies in the form that our Terraform modules write are accepted.

Grammar: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html. Everything else in it
(conditions, denials, wildcards, principals, variables, managed policies) is rejected, because ignoring it
would allow other calls than AWS does.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

VERSION = "2012-10-17"
STATEMENT_KEYS = {"Sid", "Effect", "Action", "Resource"}
# DynamoDB, Lambda and Secrets Manager decrypt with the caller's permissions. None encrypts anything here, so the grant
# is never used and its condition is never evaluated.
DECRYPT = "DecryptData"
VIA_SERVICE = re.compile(r"(dynamodb|lambda|secretsmanager)\.[a-z0-9-]+\.amazonaws\.com")
ACTION = re.compile(r"[a-z0-9-]+:[A-Z][A-Za-z0-9]+")
# An asterisk only alone or as the whole last part, no `?`, and no `${` of variables.
RESOURCE = re.compile(r"\*|arn:aws:[a-z0-9-]+:[a-z0-9-]*:[0-9]*:[^*?$]+(?::\*)?")
# The grants for the Lambda service itself: statement => its actions and the form of its one resource.
PLATFORM = {
    "WriteOwnLogs": (
        ("logs:CreateLogStream", "logs:PutLogEvents"),
        re.compile(r"arn:aws:logs:[a-z0-9-]+:[0-9]+:log-group:/aws/lambda/[^*:]+:\*"),
    ),
    "SendTraces": (("xray:PutTelemetryRecords", "xray:PutTraceSegments"), re.compile(r"\*")),
    DECRYPT: (("kms:Decrypt",), re.compile(r"arn:aws:kms:[a-z0-9-]+:[0-9]+:key/[a-z0-9-]+")),
}


class PolicyError(Exception):
    """A role's policies have an unsupported form; the message names the role and the statement."""


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """An action on a resource: an exact ARN, an ARN that ends in `:*`, or `*`."""

    action: str
    resource: str

    def covers(self, action: str, resource: str) -> bool:
        """Return whether this grant allows `action` on the exact ARN `resource`."""
        if action != self.action:
            return False
        if self.resource.endswith("*"):
            return resource.startswith(self.resource[:-1])
        return resource == self.resource


@dataclass(frozen=True, slots=True)
class RoleAccess:
    """The permissions of a role.

    Attributes:
        granted: The grants of its function.
        platform: The grants by which the Lambda service writes the function's logs and sends its traces.
        limit: Returns whether the role's permissions boundary allows an action on a resource. None: it has none.
    """

    role: str
    granted: tuple[Grant, ...]
    platform: tuple[Grant, ...]
    limit: Callable[[str, str], bool] | None = field(default=None, compare=False)

    def allows(self, action: str, resource: str) -> bool:
        """Return whether a statement and the boundary allow `action` on the exact ARN `resource`."""
        if self.limit is not None and not self.limit(action, resource):
            return False
        return any(grant.covers(action, resource) for grants in (self.granted, self.platform) for grant in grants)


def parse_access(role: str, policies: Mapping[str, Any], *, attached: Sequence[str] = ()) -> RoleAccess:
    """Read a role's policies.

    Args:
        role: The role's name.
        policies: Its inline policies by name, as parsed JSON.
        attached: ARNs of the managed policies that are attached to it.

    Raises:
        PolicyError: A part of them is not supported.
    """
    if attached:
        raise PolicyError(f"role {role}: managed policies are not evaluated here, found {', '.join(attached)}")
    granted: list[Grant] = []
    platform: list[Grant] = []
    for name, document in policies.items():
        where = f"role {role}, policy {name}"
        if not isinstance(document, dict) or document.keys() != {"Version", "Statement"}:
            raise PolicyError(f"{where}: expected an object with Version and Statement, found {document!r}")
        if document["Version"] != VERSION or not isinstance(document["Statement"], list):
            raise PolicyError(f"{where}: expected Version {VERSION} and a list of statements, found {document!r}")
        for number, statement in enumerate(document["Statement"]):
            sid, grants = _statement(f"{where}, statement {number}", statement)
            (platform if sid in PLATFORM else granted).extend(grants)
    return RoleAccess(role, tuple(granted), tuple(platform))


def is_trust_in(service: str, document: Any) -> bool:
    """Return whether a parsed trust policy lets the AWS service, and nothing else, assume the role."""
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}
    return bool(document == {"Version": VERSION, "Statement": [trust]})


def check_trust(role: str, document: Any, service: str = "lambda.amazonaws.com") -> None:
    """Check a role's parsed trust policy: only one AWS service may assume it.

    https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html.

    Raises:
        PolicyError: The policy has another form.
    """
    if not is_trust_in(service, document):
        raise PolicyError(f"role {role}: {service} alone must be trusted to assume it, found {document!r}")


def _statement(where: str, statement: Any) -> tuple[str, list[Grant]]:
    if isinstance(statement, dict) and statement.get("Sid") == DECRYPT:
        statement = _without_condition(where, statement)
    if not isinstance(statement, dict) or statement.keys() != STATEMENT_KEYS:
        raise PolicyError(f"{where}: expected exactly {', '.join(sorted(STATEMENT_KEYS))}, found {statement!r}")
    sid, actions, resources = statement["Sid"], statement["Action"], statement["Resource"]
    if not isinstance(sid, str) or statement["Effect"] != "Allow":
        raise PolicyError(f"{where}: expected Effect Allow and a Sid, found {statement!r}")
    where = f"{where} ({sid})"
    _check(where, "Action", actions, ACTION)
    _check(where, "Resource", resources, RESOURCE)
    if sid in PLATFORM:
        expected, form = PLATFORM[sid]
        if tuple(actions) != expected or len(resources) != 1 or not form.fullmatch(resources[0]):
            raise PolicyError(f"{where}: expected the platform's own {', '.join(expected)}, found {statement!r}")
    return sid, [Grant(action, resource) for action in actions for resource in resources]


def _without_condition(where: str, statement: dict[str, Any]) -> dict[str, Any]:
    match statement.get("Condition"):
        case {"StringEquals": {"kms:ViaService": [*services], **others}, **more} if not others and not more:
            if services and all(VIA_SERVICE.fullmatch(str(service)) for service in services):
                return {key: value for key, value in statement.items() if key != "Condition"}
    raise PolicyError(f"{where} ({DECRYPT}): expected a condition on kms:ViaService alone, found {statement!r}")


def _check(where: str, key: str, values: Any, form: re.Pattern[str]) -> None:
    if not isinstance(values, list) or not values:
        raise PolicyError(f"{where}: expected a list with at least one {key}, found {values!r}")
    for value in values:
        if not isinstance(value, str) or not form.fullmatch(value):
            raise PolicyError(f"{where}: {key} {value!r} is not evaluated here: it must be exact")
