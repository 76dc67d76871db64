"""Applies, plans, edits and destroys the root on the embedded AWS, and returns the permissions that it needed.

It does so twice, because some choices of an environment exclude each other. Terraform runs with the credentials of
a role that may do everything, because the calls of a role are recorded.
"""

import hashlib
import json
import zipfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from environments.account import Account
from environments.artefacts import publish
from environments.terraform import ROOT
from local_aws.clients.operator_client import operator_client
from local_aws.control_plane.server import ControlPlane
from local_aws.ecr.images import push
from local_aws.iam.calls import Call, read_calls
from local_aws.terraform.stack import Stack
from monorepo.product import product
from monorepo.services import default_service, services

ENVIRONMENT = "recorded"
ACCOUNT = "123456789012"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
EXECUTIONS: dict[str, object] = {
    "executions": 1,
    "schedules": {"day": {"expression": "cron(0 7 ? * MON-FRI *)", "executions": 2}},
}
# Every kind of resource, as far as the embedded AWS has it.
CREATED: dict[str, object] = {
    "environment": ENVIRONMENT,
    "deletion_protection": True,
    "permissions_boundary_arn": BOUNDARY,
    "tags": {"Team": "one"},
    "alarms": {"email": "team@example.com"},
    "default_sizing": {
        "reserved_concurrency": 10,
        "provisioned_concurrency": EXECUTIONS | {"tracking": {"most": 3}},
    },
    "release": {"strategy": "canary_10_5"},
}
# An edit of each kind of resource: other values, other tags, one tag less.
EDITED: dict[str, object] = {
    "deletion_protection": False,
    "tags": {"Cost": "two"},
    "alarms": {"email": "other@example.com", "errors": 2},
    "cors": {"allow_origins": ["https://example.com"]},
    "default_sizing": {
        "memory_size": 512,
        "provisioned_concurrency": EXECUTIONS | {"tracking": {"most": 4}},
    },
    "release": {"strategy": "linear_10_1"},
    "log_retention_days": 7,
    "throttling": {"rate_limit": 10, "burst_limit": 20},
}
# The choices that exclude those. A key and SnapStart are left out: both only add parameters to the same calls.
ISSUER = {"url": "https://issuer.example.com", "audience": ["one"]}
OTHER: dict[str, object] = {
    "release": {"strategy": "direct"},
    "packages": {service.name: "image" for service in services()},
    "issuer": ISSUER,
}
TABLE = f"{product().name}-{ENVIRONMENT}-{default_service().name}"
RESTORED = f"{TABLE}-restored"
OTHER_EDITED = OTHER | {
    "issuer": ISSUER | {"audience": ["two"]},
    "restored_tables": {default_service().name: {"name": RESTORED}},
}


def record(work: Path, policies: Sequence[Mapping[str, object]] = (EVERYTHING,)) -> dict[str, list[Call]]:
    """Return the recorded calls by phase: apply, plan, update, destroy.

    Args:
        work: An empty folder for zips, logs and records.
        policies: What the role may do.

    Raises:
        StackError: Terraform failed.
    """
    calls: defaultdict[str, list[Call]] = defaultdict(list)
    file = work / "calls.jsonl"
    with ControlPlane(calls=file) as control_plane:
        operator = control_plane.environment
        account = Account(ACCOUNT, operator["AWS_REGION"], "aws", product().name)
        first, second = _published(work, account, operator)
        # Only one has a domain: moto keeps a deleted record, and then refuses to create it again.
        domain: dict[str, object] = {"domain": {"name": "api.example.com", "zone_id": _zone(operator)}}
        # Each created and then edited.
        scenarios = (
            (CREATED | domain | first, CREATED | EDITED | domain | second),
            (
                CREATED | OTHER | first | _image(work, operator, "one"),
                CREATED | EDITED | OTHER_EDITED | second | _image(work, operator, "two"),
            ),
        )
        role = assumed("recorder", operator, policies)
        stack = Stack(ROOT / "terraform", work / "stack", role)
        stack.init()
        before = len(read_calls(file))
        for variables, changed in scenarios:
            stack, edited = replace(stack, variables=_text(variables)), replace(stack, variables=_text(changed))
            for phase, step in (
                ("apply", stack.apply),
                ("plan", stack.plan),
                ("update", edited.apply),
                ("destroy", edited.destroy),
            ):
                step()
                recorded = read_calls(file)[before:]
                calls[phase] += recorded
                before += len(recorded)
                if phase == "plan":
                    _restore(operator)
    return dict(calls)


def assumed(
    name: str, environment: Mapping[str, str], policies: Sequence[Mapping[str, object]] | None = None
) -> dict[str, str]:
    """Return the AWS_* variables of a role, which is created with the policies if they are given."""
    iam, sts = operator_client("iam", environment), operator_client("sts", environment)
    with closing(iam), closing(sts):
        if policies is not None:
            trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": ACCOUNT}}
            document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)
            for number, policy in enumerate(policies):
                iam.put_role_policy(RoleName=name, PolicyName=f"own-{number}", PolicyDocument=json.dumps(policy))
        arn = iam.get_role(RoleName=name)["Role"]["Arn"]
        made = sts.assume_role(RoleArn=arn, RoleSessionName="terraform")["Credentials"]
    return dict(environment) | {
        "AWS_ACCESS_KEY_ID": made["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"],
        "AWS_SESSION_TOKEN": made["SessionToken"],
    }


def small_zips(folder: Path, content: str) -> None:
    """Write zips like those of `make package`, of a few bytes."""
    folder.mkdir(parents=True)
    hashes = {}
    for name in (*(service.name for service in services()), "common-layer", "release-hook"):
        with zipfile.ZipFile(folder / f"{name}.zip", "w") as archive:
            archive.writestr(zipfile.ZipInfo("content.txt"), f"{name} {content}")
        hashes[f"{name}.zip"] = hashlib.sha256((folder / f"{name}.zip").read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps({"architecture": "arm64", "zips": hashes}))


def _published(work: Path, account: Account, environment: Mapping[str, str]) -> list[dict[str, object]]:
    """Publish two releases of small zips; return the root's variables for each."""
    s3 = operator_client("s3", environment)
    with closing(s3):
        place = {"LocationConstraint": account.region}
        s3.create_bucket(Bucket=account.artefact_bucket, CreateBucketConfiguration=place)
        for release in ("one", "two"):
            small_zips(work / release, release)
            publish(release, account, work / release, s3)
    return [{"artefacts": {"bucket": account.artefact_bucket, "release": release}} for release in ("one", "two")]


def _image(work: Path, environment: Mapping[str, str], content: str) -> dict[str, object]:
    """Push an image of each service; return the root's variables for them."""
    images = {}
    ecr = operator_client("ecr", environment)
    with closing(ecr):
        for service in services():
            tree = work / "tree"
            tree.mkdir()
            (tree / "content.txt").write_text(f"{service.name} {content}")
            uri = push(ecr, f"{product().name}/{service.name}", tree, work / "images")
            images[service.name] = {"uri": uri, "architecture": "arm64"}
    return {"images": images}


def _restore(environment: Mapping[str, str]) -> None:
    """Restore the default service's table under another name, which is the operator's part of docs/restore.md."""
    dynamodb = operator_client("dynamodb", environment)
    with closing(dynamodb):
        if RESTORED not in dynamodb.list_tables()["TableNames"]:
            dynamodb.restore_table_to_point_in_time(
                SourceTableName=TABLE, TargetTableName=RESTORED, UseLatestRestorableTime=True
            )


def _zone(environment: Mapping[str, str]) -> str:
    """Return the id of a new hosted zone for the domain."""
    route53 = operator_client("route53", environment)
    with closing(route53):
        zone: str = route53.create_hosted_zone(Name="example.com", CallerReference="1")["HostedZone"]["Id"]
    return zone.rpartition("/")[2]


def _text(variables: Mapping[str, object]) -> dict[str, str]:
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in variables.items()}
