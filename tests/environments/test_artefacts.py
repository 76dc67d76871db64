"""`make publish`: zips are stored by their content, and a release is never overwritten."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from environments.account import Account, client
from environments.artefacts import check_deployed, publish
from environments.problem import ProblemError
from tests.support.fake_zips import SERVICES, SHARED, change, make_zips

NAMES = (*SERVICES, *SHARED)


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    make_zips(tmp_path / "dist")
    make_zips(tmp_path / "dist" / "x86_64", architecture="x86_64")
    return tmp_path / "dist"


def listed(account: Account, release: str) -> Any:
    body = client("s3", account.region).get_object(Bucket=account.artefact_bucket, Key=f"releases/{release}.json")[
        "Body"
    ]
    return json.load(body)


def test_release_lists_every_zip_by_its_hash(account: Account, dist: Path) -> None:
    new = publish("v1", account, dist)
    found = listed(account, "v1")
    assert found.keys() == {f"{architecture}/{name}.zip" for architecture in ("arm64", "x86_64") for name in NAMES}
    name = f"{NAMES[0]}.zip"
    digest = hashlib.sha256((dist / name).read_bytes())
    assert found[f"arm64/{name}"] == {
        "key": f"zips/{digest.hexdigest()}/{name}",
        "version": None,  # Buckets of the bootstrap have versions, this one has not.
        "hash": base64.b64encode(digest.digest()).decode(),
    }
    assert new[-1] == "releases/v1.json"


def test_unchanged_zip_is_not_uploaded_again(account: Account, dist: Path) -> None:
    publish("v1", account, dist)
    assert publish("v1", account, dist) == []
    assert publish("v2", account, dist) == ["releases/v2.json"]


def test_release_is_never_overwritten(account: Account, dist: Path, tmp_path: Path) -> None:
    publish("v1", account, dist)
    before = listed(account, "v1")
    make_zips(tmp_path / "other")
    with pytest.raises(ProblemError, match="Release v1 exists with other zips, and is never overwritten"):
        publish("v1", account, tmp_path / "other")
    assert listed(account, "v1") == before


def test_bill_of_materials_is_published_with_the_release(account: Account, dist: Path) -> None:
    for folder in (dist, dist / "x86_64"):
        (folder / "sbom.cdx.json").write_text(f'{{"of": "{folder.name}"}}')
    keys = ["sboms/v1/arm64.cdx.json", "sboms/v1/x86_64.cdx.json"]
    assert publish("v1", account, dist)[-2:] == keys
    assert publish("v1", account, dist) == []
    bodies = [client("s3", account.region).get_object(Bucket=account.artefact_bucket, Key=key)["Body"] for key in keys]
    assert [json.load(body)["of"] for body in bodies] == ["dist", "x86_64"]


@pytest.mark.parametrize("release", ["", "a b", "../x", "-v1"])
def test_invalid_id_is_rejected(account: Account, dist: Path, release: str) -> None:
    with pytest.raises(ProblemError, match="RELEASE must be up to 64 letters"):
        publish(release, account, dist)


def test_local_is_not_published(account: Account, dist: Path) -> None:
    with pytest.raises(ProblemError, match="RELEASE=local means the zips in dist/"):
        publish("local", account, dist)


def test_changed_and_missing_zips_are_rejected(account: Account, dist: Path, tmp_path: Path) -> None:
    change(dist / f"{NAMES[0]}.zip")
    with pytest.raises(ProblemError, match=r"is not the one that .*manifest\.json lists: run `make package` again"):
        publish("v1", account, dist)
    with pytest.raises(ProblemError, match=r"There is no dist/manifest\.json: run `make package` first"):
        publish("v1", account, tmp_path / "none")


def test_missing_bucket_is_reported(account: Account, dist: Path) -> None:
    elsewhere = Account("999999999999", account.region, account.partition, account.name)
    with pytest.raises(ProblemError, match=r"There is no bucket .*: run `make bootstrap"):
        publish("v1", elsewhere, dist)


def test_release_without_a_list_is_reported(account: Account) -> None:
    with pytest.raises(ProblemError, match=r"Release v9 was not published: s3://.* has no releases/v9\.json"):
        check_deployed("v9", account.artefact_bucket, account.region, {})


def test_function_with_other_code_is_reported(account: Account, dist: Path) -> None:
    publish("v1", account, dist)
    iam, aws_lambda = client("iam", account.region), client("lambda", account.region)
    role = iam.create_role(RoleName="function", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    service = next(name for name in NAMES if name != "common-layer")
    made = {"FunctionName": "one", "Role": role, "Runtime": "python3.13", "Handler": "a.b", "Architectures": ["arm64"]}
    archive = dist / f"{service}.zip"
    aws_lambda.create_function(**made, Code={"ZipFile": archive.read_bytes()})
    check_deployed("v1", account.artefact_bucket, account.region, {service: {"name": "one"}})
    with pytest.raises(ProblemError, match="one has other code than release v1"):
        check_deployed("v1", account.artefact_bucket, account.region, {"not-in-the-release": {"name": "one"}})
    change(archive)
    aws_lambda.update_function_code(FunctionName="one", ZipFile=archive.read_bytes())
    with pytest.raises(ProblemError, match="one has other code than release v1"):
        check_deployed("v1", account.artefact_bucket, account.region, {service: {"name": "one"}})
