"""Turns recorded permissions into the policies of terraform/bootstrap: no action more than recorded or documented."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from environments.policies.recording import ACCOUNT, BOUNDARY, ENVIRONMENT
from environments.terraform import ROOT
from local_aws.control_plane.server import REGION
from local_aws.iam.calls import Call
from monorepo.product import product

FOLDER = ROOT / "terraform" / "bootstrap" / "policies"
DOCUMENTED = Path(__file__).with_name("documented.json")
# Statements are split into policies of at most 6,144 characters each:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
PARTS = {
    "compute": ("apigateway", "application-autoscaling", "codedeploy", "ecr", "lambda"),
    "data": ("backup", "backup-storage", "dynamodb", "kms", "secretsmanager"),
    "identity": ("acm", "iam", "route53", "servicequotas"),
    "operations": ("cloudwatch", "logs", "sns", "xray"),
    # The bootstrap leaves it out if an environment has no keys of its own.
    "keys": (),
}
ANYTHING_IN_NAME = (
    (re.compile(r"(:apigateway:\$\{region\}::/(?:apis|domainnames))/.*"), r"\1/*"),
    (re.compile(r"(:apigateway:\$\{region\}::/tags)/.*"), r"\1/*"),
    (re.compile(rf"(:repository)/{product().name}/.*"), r"\1/${product}/*"),
    (re.compile(r"(:certificate|:change|:hostedzone|:key|:scalable-target)/.*"), r"\1/*"),
)


# The bootstrap itself grants what is done with its buckets and repositories (roles.tf, images.tf). It writes policies
# of the repositories, too, which Lambda would otherwise change with its caller's permissions.
OF_BOOTSTRAP = ("ecr:", "s3:")
OWN_KEYS = "${kms_keys}"
ANY_ZONE, OWN_ZONE = ":hostedzone/*", ":hostedzone/${zone}"


@dataclass(frozen=True, slots=True, order=True)
class Row:
    """A permission without the names of one deployment; `${...}` are the variables of the bootstrap's template."""

    action: str
    resource: str
    conditions: tuple[tuple[str, str], ...] = ()


def rows(calls: Iterable[Call]) -> list[Row]:
    """Return the permissions that the calls needed, each once. Those on buckets are in the bootstrap itself."""
    found = {row(call) for call in calls if not call.action.startswith(OF_BOOTSTRAP)}
    # AWS's pages name a group with and without what is in it, depending on the action.
    groups = {one for one in found if ":log-group:" in one.resource and not one.resource.endswith("*")}
    return sorted(found | {replace(one, resource=f"{one.resource}:*") for one in groups})


def row(call: Call) -> Row:
    """Return the permission of a call."""
    conditions = tuple(sorted((key, value.replace(BOUNDARY, "${boundary}")) for key, value in call.context.items()))
    return Row(call.action, resource(call.resource), conditions)


def resource(arn: str) -> str:
    """Return the pattern of a resource's ARN."""
    if arn == "*":
        return arn  # Actions that support no resource: `WITHOUT_RESOURCE` of the embedded AWS.
    prefix = f"{product().name}-{ENVIRONMENT}"
    arn = arn.replace(ACCOUNT, "${account}").replace(f":{REGION}:", ":${region}:")
    arn = arn.replace("arn:aws:", "arn:${partition}:", 1).replace(":role/", ":role${role_path}")
    before, found, after = arn.partition(prefix)
    if found:
        # Names that follow the prefix differ by service, and services come and go.
        rest = f"{after[0]}*" if after.startswith(("-", "/")) else after
        arn = f"{before}${{name}}{rest}"
    for pattern, general in ANYTHING_IN_NAME:
        arn = pattern.sub(general, arn)
    return arn.replace("role${role_path}aws-service-role", "role/aws-service-role")


def documented(role: str) -> list[Row]:
    """Return the permissions that no apply shows; each entry of documented.json has the page that demands it."""
    entries = json.loads(DOCUMENTED.read_text())
    return [
        Row(action, one, tuple(sorted(entry.get("conditions", {}).items())))
        for entry in entries
        if role in entry["roles"]
        for action in entry["actions"]
        for one in entry["resources"]
    ]


def policies(needed: Iterable[Row]) -> dict[str, list[dict[str, Any]]]:
    """Return the statements by part: one per service, set of actions and conditions."""
    actions: defaultdict[tuple[str, str, tuple[tuple[str, str], ...]], set[str]] = defaultdict(set)
    for one in needed:
        actions[one.action.partition(":")[0], one.resource, one.conditions].add(one.action)
    resources: defaultdict[tuple[str, tuple[str, ...], tuple[tuple[str, str], ...]], set[str]] = defaultdict(set)
    for (service, target, conditions), together in actions.items():
        resources[service, tuple(sorted(together)), conditions].add(target)
    found: dict[str, list[dict[str, Any]]] = {part: [] for part in PARTS}
    numbers: defaultdict[str, int] = defaultdict(int)
    for (service, names, conditions), targets in sorted(resources.items()):
        part = "keys" if OWN_KEYS in targets else next(part for part, members in PARTS.items() if service in members)
        numbers[service] += 1
        statement: dict[str, Any] = {
            "Sid": f"{re.sub('[^A-Za-z]', '', service.title())}{numbers[service]}",
            "Effect": "Allow",
            "Action": list(names),
            "Resource": sorted(targets),
        }
        if conditions:
            statement["Condition"] = {"StringEquals": {key: [value] for key, value in conditions}}
        found[part].append(statement)
    return {part: statements for part, statements in found.items() if statements}


def write(recorded: Mapping[str, list[Call]], folder: Path = FOLDER) -> None:
    """Write the recorded permissions, and the policies of both roles."""
    by_phase = {phase: rows(calls) for phase, calls in recorded.items()}
    lines = [
        json.dumps([phase, one.action, one.resource, dict(one.conditions)])
        for phase, found in by_phase.items()
        for one in found
    ]
    folder.mkdir(exist_ok=True)
    (folder / "recorded.json").write_text("[\n  " + ",\n  ".join(lines) + "\n]\n")
    for role, text in texts(by_phase).items():
        (folder / f"{role}.json.tftpl").write_text(text)


def read_recorded(folder: Path = FOLDER) -> dict[str, list[Row]]:
    """Return the recorded permissions by phase."""
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for phase, action, target, conditions in json.loads((folder / "recorded.json").read_text()):
        if not action.startswith(OF_BOOTSTRAP):
            found[phase].append(Row(action, target, tuple(sorted(conditions.items()))))
    return dict(found)


def statements(role: str, values: Mapping[str, str], folder: Path = FOLDER) -> list[dict[str, Any]]:
    """Return a role's statements, with the bootstrap's values in the place of its variables."""
    text = (folder / f"{role}.json.tftpl").read_text()
    parts = json.loads(re.sub(r"\$\{(\w+)\}", lambda found: values[found[1]], text))
    return [statement for part in parts.values() for statement in part]


def texts(recorded: Mapping[str, list[Row]]) -> dict[str, str]:
    """Return the text of each role's policies, with the variables of the bootstrap."""
    needed = {"plan": recorded["plan"], "deploy": [one for found in recorded.values() for one in found]}
    own = {role: {_in_own_zone(one) for one in (*found, *documented(role))} for role, found in needed.items()}
    return {role: json.dumps(policies(found), indent=2) + "\n" for role, found in own.items()}


def _in_own_zone(one: Row) -> Row:
    """Return the permission on the environment's own hosted zone instead of on any; ids of zones are not names."""
    return replace(one, resource=one.resource.replace(ANY_ZONE, OWN_ZONE))
