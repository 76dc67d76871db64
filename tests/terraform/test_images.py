"""Services as images, in the unchanged root."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.applied_stack import ROOT, Applied
from tests.support.services import SERVICES
from tests.terraform.conftest import REPOSITORY

URI = f"123456789012.dkr.ecr.eu-central-1.amazonaws.com/{REPOSITORY}@sha256:{'0' * 64}"


def test_images_of_all_services_need_neither_zips_nor_layer(applied: Applied, tmp_path: Path) -> None:
    images = {
        "packages": json.dumps(dict.fromkeys(SERVICES, "image")),
        "images": json.dumps({service: {"uri": URI, "architecture": "arm64"} for service in SERVICES}),
    }
    start = (applied.stack.work / "terraform.log").stat().st_size
    stack = replace(applied.stack, variables={**applied.stack.variables, **images, "dist_dir": str(tmp_path)})
    assert stack.plan() is True
    log = (stack.work / "terraform.log").read_bytes()[start:].decode()
    assert log.count("must be replaced") >= len(SERVICES)
    assert "aws_lambda_layer_version.this will be destroyed" in " ".join(log.split())
    assert "not the ones that its manifest.json lists" not in " ".join(log.split())


@pytest.mark.parametrize("page", sorted((ROOT.parent / "docs").glob("*.md")), ids=lambda page: page.name)
def test_no_page_applies_an_environment_without_its_computed_variables(page: Path) -> None:
    # `make plan` computes the boundary and the artefacts. An apply without them removes the boundary from every role.
    assert re.findall(r"terraform .*apply .*environments/.*", page.read_text()) == []
