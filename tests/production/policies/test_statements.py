"""The deploy role's policy on the embedded AWS: it is enough, and every statement of it is necessary."""

from pathlib import Path

import pytest

from environments.policies.generation import documented, statements
from environments.policies.recording import ACCOUNT, BOUNDARY, ENVIRONMENT, record
from local_aws.control_plane.server import REGION
from local_aws.terraform.stack import StackError
from monorepo.product import product

VALUES = {
    "account": ACCOUNT,
    "boundary": BOUNDARY,
    "name": f"{product().name}-{ENVIRONMENT}",
    "partition": "aws",
    "product": product().name,
    "region": REGION,
    "role_path": "/",
    "zone": "*",  # The recording creates one.
    "kms_keys": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/none",  # The recording has none.
}
STATEMENTS = {one["Sid"]: one for one in statements("deploy", VALUES)}
# Repositories, and the buckets of the embedded AWS's state and of the recording are not the bootstrap's.
BOOTSTRAP = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["ecr:*", "s3:*"], "Resource": "*"}]}
# No call of an apply needs these; other commands do.
UNSEEN = {row.action for row in documented("deploy")}
NECESSARY = [sid for sid, one in STATEMENTS.items() if not set(one["Action"]) <= UNSEEN]


def policy(without: str | None = None) -> dict[str, object]:
    return {"Version": "2012-10-17", "Statement": [one for sid, one in STATEMENTS.items() if sid != without]}


def test_policy_is_enough(tmp_path: Path) -> None:
    calls = record(tmp_path, [BOOTSTRAP, policy()])
    assert calls.keys() == {"apply", "plan", "update", "destroy"}
    assert [call for phase in calls.values() for call in phase if not call.allowed] == []


@pytest.mark.parametrize("sid", NECESSARY)
def test_deployment_fails_without_a_statement(sid: str, tmp_path: Path) -> None:
    with pytest.raises(StackError, match="is not authorized to perform: "):
        record(tmp_path, [BOOTSTRAP, policy(without=sid)])
