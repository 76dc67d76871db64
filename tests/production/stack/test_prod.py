"""The whole of production, applied: environments/prod.tfvars, and each choice that a service or an environment has."""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from common.dynamodb.shards import Shards
from common.settings import ListSettings
from local_aws.control_plane.server import ControlPlane
from local_aws.ecr.images import push
from local_aws.terraform.stack import Stack
from monorepo.product import product
from monorepo.services import services
from tests.scaffold.workshop import Workshop
from tests.support.applied_stack import Applied
from tests.support.fake_zips import change, make_zips
from tests.support.left_behind import left_behind
from tests.support.moto_servers import aws_client

THIRD = "halls"
PREFIX = f"{product().name}-prod"
FOUND = [service.name for service in services()]
# A repository with one service gets a second one, too.
SNAP_START, PROVISIONED = [*FOUND, "rooms"][:2]
NEW = {THIRD, PROVISIONED} - set(FOUND)
SERVICES = sorted({*FOUND, *NEW})
EXECUTIONS = {
    "executions": 1,
    "schedules": {"day": {"expression": "cron(0 7 ? * MON-FRI *)", "executions": 2}},
    "tracking": {"most": 3},
}
TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


@pytest.fixture(scope="module")
def control_plane() -> Iterator[ControlPlane]:
    with ControlPlane() as running:
        yield running


@pytest.fixture(scope="module")
def aws(control_plane: ControlPlane) -> Iterator[Any]:
    """Return clients by name."""
    with ExitStack() as opened:
        clients: dict[str, Any] = {}

        def client(service: str) -> Any:
            if service not in clients:
                clients[service] = opened.enter_context(aws_client(service, control_plane.environment))
            return clients[service]

        yield client


@pytest.fixture(scope="module")
def applied(control_plane: ControlPlane, aws: Any, tmp_path_factory: pytest.TempPathFactory) -> Applied:
    """Return the applied root of a clone with new services."""
    folder = tmp_path_factory.mktemp("prod")
    workshop = Workshop(folder / "clone")
    for name in sorted(NEW):
        workshop.succeed("new", "--name", name)
    make_zips(folder / "dist", services=SERVICES)
    boundary = aws("iam").create_policy(PolicyName="boundary", PolicyDocument=json.dumps(TRUST))["Policy"]["Arn"]
    zone = aws("route53").create_hosted_zone(Name="example.com", CallerReference="prod")["HostedZone"]["Id"]
    tree = folder / "tree"
    tree.mkdir()
    (tree / "main.py").touch()
    image = push(aws("ecr"), f"{product().name}/{THIRD}", tree, folder / "images")
    choices: dict[str, object] = {
        "kms_key_arn": aws("kms").create_key()["KeyMetadata"]["Arn"],
        "permissions_boundary_arn": boundary,
        "domain": {"name": "api.example.com", "zone_id": zone.removeprefix("/hostedzone/")},
        "issuer": {"url": "https://issuer.example.com", "audience": ["api"]},
        "release": {"strategy": "canary_10_5"},
        "list_shards": {"written": 4, "read": 8},
        "packages": {THIRD: "image"},
        "images": {THIRD: {"uri": image, "architecture": "arm64"}},
        "sizing": {
            SNAP_START: {"snap_start": True},
            PROVISIONED: {"provisioned_concurrency": EXECUTIONS, "reserved_concurrency": 10},
        },
        "dist_dir": str(folder / "dist"),
    }
    variables = {name: value if isinstance(value, str) else json.dumps(value) for name, value in choices.items()}
    root = workshop.root / "terraform"
    files = (root / "environments" / "prod.tfvars",)
    stack = Stack(root, folder / "work", control_plane.environment, variables, files)
    stack.init()
    stack.apply()
    return Applied(stack, folder / "dist", control_plane.environment)


def planned(stack: Stack) -> set[str]:
    """Plan, and return the addresses of the resources that would change."""
    log = stack.work / "terraform.log"
    start = log.stat().st_size
    assert stack.plan() is True
    return set(re.findall(r"^  # (\S+) (?:will|must) be", log.read_bytes()[start:].decode(), re.MULTILINE))


def test_second_plan_shows_no_difference(applied: Applied) -> None:
    assert applied.stack.plan() is False


@pytest.mark.parametrize("service", SERVICES)
def test_each_service_reads_the_number_of_keys_of_its_lists(applied: Applied, aws: Any, service: str) -> None:
    assert applied.stack.outputs()
    function = aws("lambda").get_function_configuration(FunctionName=f"{PREFIX}-{service}")
    variables = function["Environment"]["Variables"]
    assert ListSettings.from_environment(variables).shards == Shards(written=4, read=8)


def test_each_service_has_its_start(applied: Applied, aws: Any) -> None:
    assert applied.stack.outputs()
    found = {
        name: aws("lambda").get_function_configuration(FunctionName=f"{PREFIX}-{name}", Qualifier="live")
        for name in SERVICES
    }
    assert {name for name in SERVICES if found[name]["SnapStart"]["ApplyOn"] != "None"} == {SNAP_START}
    assert {name for name in SERVICES if found[name]["PackageType"] == "Image"} == {THIRD}
    provisioned = {
        name: [
            config["FunctionArn"].rpartition(":")[2]
            for config in aws("lambda").list_provisioned_concurrency_configs(FunctionName=f"{PREFIX}-{name}")[
                "ProvisionedConcurrencyConfigs"
            ]
        ]
        for name in SERVICES
    }
    assert provisioned == {name: ["live"] if name == PROVISIONED else [] for name in SERVICES}
    scaling = aws("application-autoscaling")
    [target] = scaling.describe_scalable_targets(ServiceNamespace="lambda")["ScalableTargets"]
    assert target["ResourceId"] == f"function:{PREFIX}-{PROVISIONED}:live"
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 3)


def test_only_the_alias_is_invoked(applied: Applied, aws: Any) -> None:
    assert applied.stack.outputs()
    [api] = aws("apigatewayv2").get_apis()["Items"]
    uris = [
        integration["IntegrationUri"]
        for integration in aws("apigatewayv2").get_integrations(ApiId=api["ApiId"])["Items"]
    ]
    functions = {
        uri.partition("/functions/")[2].removesuffix("/invocations").partition(":function:")[2] for uri in uris
    }
    assert functions == {f"{PREFIX}-{name}:live" for name in SERVICES}
    for name in SERVICES:
        # moto returns the statements of all qualifiers.
        policy = json.loads(aws("lambda").get_policy(FunctionName=f"{PREFIX}-{name}")["Policy"])
        assert policy["Statement"]
        assert all(statement["Resource"].endswith(f":{PREFIX}-{name}:live") for statement in policy["Statement"])


def edited(applied: Applied, aws: Any, service: str, folder: Path) -> Stack:
    """Return the stack with new code of a service: in its zip, or in another image."""
    if service != THIRD:
        change(applied.dist / f"{service}.zip")
        return applied.stack
    tree = folder / "tree"
    tree.mkdir()
    (tree / "main.py").write_text("# new\n")
    image = push(aws("ecr"), f"{product().name}/{THIRD}", tree, folder / "images")
    images = json.dumps({THIRD: {"uri": image, "architecture": "arm64"}})
    return replace(applied.stack, variables={**applied.stack.variables, "images": images})


# The image comes last, because it is in no file that later tests apply.
@pytest.mark.parametrize("service", [SNAP_START, PROVISIONED, THIRD])
def test_edit_of_one_service_changes_nothing_of_others(
    applied: Applied, aws: Any, tmp_path: Path, service: str
) -> None:
    stack = edited(applied, aws, service, tmp_path)
    addresses = planned(stack)
    assert addresses
    assert {address for address in addresses if not address.startswith(f'module.service["{service}"].')} == set()
    stack.apply()
    assert stack.plan() is False


def test_destroy_leaves_nothing(applied: Applied, aws: Any, tmp_path: Path) -> None:
    variables = {**applied.stack.variables, "deletion_protection": "false"}
    unprotected = replace(applied.stack, variables=variables)
    unprotected.apply()
    replace(unprotected, variables={**variables, "dist_dir": str(tmp_path), "images": "{}"}).destroy()
    assert left_behind(aws) == {}
    assert applied.stack.state.read()["resources"] == []
