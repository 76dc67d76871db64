"""The policies of the roles that plan and deploy, replayed against the recorded permissions."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from environments.policies.generation import FOLDER, Row, documented, read_recorded, rows, statements, texts
from environments.policies.recording import ENVIRONMENT
from local_aws.iam.calls import Call
from local_aws.iam.policy import Need, Statement, parse, permits
from local_aws.iam.resources import WITHOUT_RESOURCE
from monorepo.product import product

BOUNDARY = "arn:aws:iam::123456789012:policy/boundary"
VALUES = {
    "account": "123456789012",
    "boundary": BOUNDARY,
    "name": "shop-dev",
    "partition": "aws",
    "product": "shop",
    "region": "eu-central-1",
    "role_path": "/",
    "zone": "people",
    "kms_keys": "arn:aws:kms:eu-central-1:123456789012:key/one",
}
RECORDED = read_recorded()
HERE = "eu-central-1:123456789012"
PREFIX = f"{product().name}-{ENVIRONMENT}"
TERRAFORM = FOLDER.parents[1]
# Service => actions without a resource type in the service authorization reference, so that a statement on anything
# but "*" grants nothing: https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html
WITHOUT_RESOURCE_TYPES = json.loads(Path(__file__).with_name("without_resource_types.json").read_text())
RELEASES = TERRAFORM.parent / "docs" / "releases.md"
FUNCTION = "arn:aws:lambda:eu-central-1:123456789012:function:shop-dev-people"
LOGS = "arn:aws:logs:eu-central-1:123456789012:log-group:"
SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret"
SCALING = "arn:aws:application-autoscaling:eu-central-1:123456789012:scalable-target"
APIS = "arn:aws:apigateway:eu-central-1"
KEY = "arn:aws:kms:eu-central-1:123456789012:key/one"
CODEDEPLOY = "arn:aws:codedeploy:eu-central-1:123456789012"
ROLE = "arn:aws:iam::123456789012:role/shop-dev-people"


def rendered(text: str) -> str:
    return re.sub(r"\$\{(\w+)\}", lambda found: VALUES[found[1]], text)


def parsed(role: str, without: str | None = None) -> tuple[Statement, ...]:
    kept = [one for one in statements(role, VALUES) if one["Sid"] != without]
    return parse(role, {"Version": "2012-10-17", "Statement": kept})


def need(row: Row) -> Need:
    """Return an example of the need that a row stands for."""
    conditions = {key: rendered(value) for key, value in row.conditions}
    return Need(row.action, rendered(row.resource).replace("*", "people") if row.resource != "*" else "*", conditions)


def denied(policy: tuple[Statement, ...], phases: list[str]) -> list[Row]:
    return [row for phase in phases for row in RECORDED[phase] if not permits([policy], None, need(row))]


def test_policies_are_those_of_the_recording() -> None:
    current = {role: (FOLDER / f"{role}.json.tftpl").read_text() for role in ("deploy", "plan")}
    assert texts(RECORDED) == current, "Run `make deploy-policy`."


def test_deploy_role_can_apply_update_and_destroy() -> None:
    assert denied(parsed("deploy"), list(RECORDED)) == []


@pytest.mark.parametrize("sid", [one["Sid"] for one in statements("deploy", VALUES)])
def test_deployment_needs_every_statement(sid: str) -> None:
    only_documented = {row.action for row in documented("deploy")}
    [statement] = [one for one in statements("deploy", VALUES) if one["Sid"] == sid]
    if not set(statement["Action"]) <= only_documented:
        assert denied(parsed("deploy", without=sid), list(RECORDED)) != []


def test_plan_role_can_plan_and_nothing_else() -> None:
    policy = parsed("plan")
    assert denied(policy, ["plan"]) == []
    reads = set(RECORDED["plan"])
    changes = [row for phase in ("apply", "update", "destroy") for row in RECORDED[phase] if row not in reads]
    verbs = re.compile(
        r":(Add|Create|Delete|PATCH|POST|PUT|Pass|Publish|Put|Remove|Set|Subscribe|Tag|Untag|Update)\w*$"
    )
    assert {row.action for row in changes if verbs.search(row.action)}
    assert [row for row in changes if verbs.search(row.action) and permits([policy], None, need(row))] == []


def test_only_actions_without_resources_are_granted_on_all() -> None:
    for statement in statements("deploy", VALUES) + statements("plan", VALUES):
        if "*" in statement["Resource"]:
            other = [
                action
                for action in statement["Action"]
                if not any(re.fullmatch(one, action) for one in WITHOUT_RESOURCE)
            ]
            assert other == [], statement["Sid"]


def granted() -> Iterator[tuple[str, str, list[str]]]:
    """Yield where each action is granted, the action and the resources."""
    for role in ("deploy", "plan"):
        for statement in statements(role, VALUES):
            yield from ((f"{role} {statement['Sid']}", action, statement["Resource"]) for action in statement["Action"])
    form = re.compile(r"Action += \[([^]]*)\]\n +Resource += (\[.*\])")
    for file in sorted(TERRAFORM.rglob("*.tf")):
        for actions, resources in form.findall(file.read_text()):
            for action in re.findall(r'"([a-z0-9-]+:\w+)"', actions):
                yield file.name, action, ["*"] if resources == '["*"]' else [resources]


def test_actions_without_resource_types_are_granted_on_all() -> None:
    found = list(granted())
    assert {"boundary.tf", "hook.tf", "main.tf"} <= {where for where, _, _ in found}
    narrow = [
        (where, action)
        for where, action, resources in found
        if action.partition(":")[2] in WITHOUT_RESOURCE_TYPES[action.partition(":")[0]] and resources != ["*"]
    ]
    assert narrow == []


def documented_for_releases() -> list[tuple[str, str]]:
    """Return the actions of the table in docs/releases.md, with an example of a resource."""
    resources = {
        "the application and its deployment groups": f"{CODEDEPLOY}:deploymentgroup:shop-dev/people",
        "the application": f"{CODEDEPLOY}:application:shop-dev",
        "`CodeDeployDefault.Lambda*`": f"{CODEDEPLOY}:deploymentconfig:CodeDeployDefault.LambdaAllAtOnce",
        "the functions": FUNCTION,
    }
    found = []
    for on, cell in re.findall(r"^\| (.+) \| (`(?:codedeploy|lambda):.+) \|$", RELEASES.read_text(), re.MULTILINE):
        prefix, _, actions = cell.replace("`", "").partition(":")
        for name in actions.split(", "):
            every = name in WITHOUT_RESOURCE_TYPES[prefix]
            found.append((f"{prefix}:{name}", "*" if every else resources[on]))
    return found


def test_deploy_role_can_do_what_releases_need() -> None:
    found = documented_for_releases()
    assert {action.partition(":")[0] for action, _ in found} == {"codedeploy", "lambda"}
    assert [one for one in found if not permits([parsed("deploy")], None, Need(*one))] == []


@pytest.mark.parametrize(
    ("role", "later"),
    [
        ("deploy", Need("logs:AssociateKmsKey", f"{LOGS}/aws/lambda/shop-dev-people")),
        ("deploy", Need("logs:DisassociateKmsKey", f"{LOGS}/aws/vendedlogs/apigateway/shop-dev:*")),
        ("deploy", Need("secretsmanager:UpdateSecret", f"{SECRET}:shop-dev-jwt")),
        ("deploy", Need("apigateway:PATCH", "arn:aws:apigateway:eu-central-1::/domainnames/api.example.com")),
        ("deploy", Need("apigateway:POST", f"{APIS}::arn:aws:apigateway:eu-central-1::/tags/")),
        ("plan", Need("application-autoscaling:ListTagsForResource", f"{SCALING}/one")),
        ("plan", Need("kms:Decrypt", KEY, {"kms:ViaService": "lambda.eu-central-1.amazonaws.com"})),
    ],
    ids=lambda one: one if isinstance(one, str) else one.action,
)
def test_later_changes_and_their_plans_are_allowed(role: str, later: Need) -> None:
    assert permits([parsed(role)], None, later)


@pytest.mark.parametrize(
    "refused",
    [
        Need("iam:CreateRole", ROLE),
        Need("iam:CreateRole", ROLE, {"iam:PermissionsBoundary": "arn:aws:iam::aws:policy/AdministratorAccess"}),
        Need("iam:PutRolePolicy", ROLE.replace("shop-dev-people", "admin"), {"iam:PermissionsBoundary": BOUNDARY}),
        Need("iam:DeleteRolePermissionsBoundary", ROLE, {"iam:PermissionsBoundary": BOUNDARY}),
        Need("iam:UpdateAssumeRolePolicy", ROLE),
        Need("iam:AttachRolePolicy", ROLE, {"iam:PermissionsBoundary": BOUNDARY}),
        Need(
            "iam:AttachRolePolicy",
            ROLE,
            {"iam:PermissionsBoundary": BOUNDARY, "iam:PolicyARN": "arn:aws:iam::aws:policy/AdministratorAccess"},
        ),
        Need("iam:PassRole", ROLE, {"iam:PassedToService": "ec2.amazonaws.com"}),
        Need("ecr:SetRepositoryPolicy", "arn:aws:ecr:eu-central-1:123456789012:repository/shop/people"),
        Need("route53:ChangeResourceRecordSets", "arn:aws:route53:::hostedzone/other"),
        Need("kms:Decrypt", f"{KEY}-of-another", {"kms:ViaService": "dynamodb.eu-central-1.amazonaws.com"}),
        Need("kms:Decrypt", KEY),
        Need("dynamodb:DeleteTable", "arn:aws:dynamodb:eu-central-1:123456789012:table/shop-prod-people"),
        Need("dynamodb:GetItem", "arn:aws:dynamodb:eu-central-1:123456789012:table/shop-dev-people"),
        Need("lambda:UpdateFunctionCode", "arn:aws:lambda:eu-central-1:123456789012:function:shop-dev2-people"),
    ],
    ids=lambda one: f"{one.action} {one.resource.rpartition(':')[2]} {len(one.context)}",
)
def test_deploy_role_cannot_gain_permissions(refused: Need) -> None:
    assert permits([parsed("deploy")], None, refused) is False


def test_without_keys_only_descriptions_of_keys_are_read() -> None:
    for role in ("deploy", "plan"):
        parts = json.loads((FOLDER / f"{role}.json.tftpl").read_text())
        assert {action.partition(":")[0] for one in parts.pop("keys") for action in one["Action"]} == {"kms"}
        # The provider asks for the id of the key that AWS manages for DynamoDB.
        found = [one for statements in parts.values() for one in statements if "kms:" in str(one["Action"])]
        assert [one["Action"] for one in found] == [["kms:DescribeKey"]]


def test_documented_actions_have_a_page() -> None:
    for entry in json.loads((FOLDER.parents[2] / "tools/environments/policies/documented.json").read_text()):
        assert entry["page"].startswith("https://docs.aws.amazon.com/")
        assert entry["why"]


def call(action: str, resource: str, **context: str) -> Call:
    return Call(
        0.0, "key", "recorder", action, resource, "", allowed=True, duration_ms=0.0, status=200, context=context
    )


def test_rows_have_no_names_of_a_deployment() -> None:
    prefix = f"arn:aws:logs:eu-central-1:123456789012:log-group:/aws/vendedlogs/apigateway/{PREFIX}"
    found = rows(
        [
            call("logs:CreateLogGroup", prefix),
            call("apigateway:GET", "arn:aws:apigateway:eu-central-1::/apis/abc/routes/def"),
            call("application-autoscaling:TagResource", f"arn:aws:application-autoscaling:{HERE}:scalable-target/0a1b"),
            call("ecr:BatchGetImage", f"arn:aws:ecr:{HERE}:repository/{product().name}/people"),
            call("iam:PassRole", f"arn:aws:iam::123456789012:role/{PREFIX}-people-eu-central-1"),
            call("s3:GetObject", "arn:aws:s3:::zips/a"),
        ]
    )
    group = "arn:${partition}:logs:${region}:${account}:log-group:/aws/vendedlogs/apigateway/${name}"
    assert [row.resource for row in found] == [
        "arn:${partition}:apigateway:${region}::/apis/*",
        "arn:${partition}:application-autoscaling:${region}:${account}:scalable-target/*",
        "arn:${partition}:iam::${account}:role${role_path}${name}-*",
        group,
        f"{group}:*",
    ]
