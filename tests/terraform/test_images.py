"""Services as images, in the unchanged root."""

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from local_aws.terraform.stack import StackError
from tests.support.applied_stack import ROOT, Applied
from tests.support.services import SERVICES
from tests.terraform.conftest import REPOSITORY

REGISTRY = f"123456789012.dkr.ecr.eu-central-1.amazonaws.com/{REPOSITORY}"
IMAGES = {service: f"{REGISTRY}@sha256:{number:064}" for number, service in enumerate(SERVICES)}
BUCKET = "releases-with-images"


def planned(applied: Applied, **variables: str) -> tuple[bool | None, str]:
    """Return whether a plan has differences, None if it fails, and what Terraform wrote in one line."""
    start = (applied.stack.work / "terraform.log").stat().st_size
    stack = replace(applied.stack, variables={**applied.stack.variables, **variables})
    try:
        differs = stack.plan()
    except StackError:
        differs = None
    written = (stack.work / "terraform.log").read_bytes()[start:].decode().replace("│", "")
    return differs, " ".join(written.split())


def release(aws: Any, name: str, services: Iterable[str]) -> str:
    """Publish a release with the layer's zip and the images of services; return the root's variable `artefacts`."""
    s3 = aws("s3")
    if BUCKET not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]:
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    zips = {"arm64/common-layer.zip": {"key": "zips/1/common-layer.zip", "version": None, "hash": "none"}}
    images = {f"arm64/{service}.image": {"uri": IMAGES[service]} for service in services}
    body = json.dumps(zips | images).encode()
    s3.put_object(Bucket=BUCKET, Key=f"releases/{name}.json", Body=body, ContentType="application/json")
    return json.dumps({"bucket": BUCKET, "release": name})


def test_images_of_all_services_need_neither_zips_nor_layer(applied: Applied, aws: Any, tmp_path: Path) -> None:
    # The images of a release, and one that replaces the release's.
    first, *others = SERVICES
    differs, log = planned(
        applied,
        packages=json.dumps(dict.fromkeys(SERVICES, "image")),
        artefacts=release(aws, "v1", others),
        images=json.dumps({first: {"uri": IMAGES[first], "architecture": "arm64"}}),
        dist_dir=str(tmp_path),
    )
    assert differs is True
    assert log.count("must be replaced") >= len(SERVICES)
    assert [uri for uri in IMAGES.values() if f'+ image_uri = "{uri}"' not in log] == []
    assert "aws_lambda_layer_version.this will be destroyed" in log
    assert "not the ones that its manifest.json lists" not in log


def test_release_without_a_services_image_is_rejected(applied: Applied, aws: Any) -> None:
    packages = json.dumps(dict.fromkeys(SERVICES, "image"))
    differs, log = planned(applied, packages=packages, artefacts=release(aws, "v2", SERVICES[1:]))
    assert differs is None
    assert f"Release v2 was published without arm64/{SERVICES[0]}.image. Package and publish another release." in log


@pytest.mark.parametrize("page", sorted((ROOT.parent / "docs").glob("*.md")), ids=lambda page: page.name)
def test_no_page_applies_an_environment_without_its_computed_variables(page: Path) -> None:
    # `make plan` computes the boundary and the artefacts. An apply without them removes the boundary from every role.
    assert re.findall(r"terraform .*apply .*environments/.*", page.read_text()) == []
