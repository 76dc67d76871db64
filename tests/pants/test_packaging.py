"""`make up` packages only the changes, and its zips equal those of a full packaging."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from monorepo.services import default_service
from tests.support.at_lambdas_paths import Unpacked
from tests.support.clone import Clone
from tests.support.http_events import http_event

ARCHITECTURE = {"x86_64": "x86_64", "aarch64": "arm64"}[os.uname().machine]


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path / "clone")


def package(clone: Clone, *arguments: str) -> dict[str, str]:
    """Package for this machine, and return the SHA-256 of each zip by name."""
    done = subprocess.run(
        [clone.root / "build-support/package", *arguments],
        env=os.environ | {"LAMBDA_ARCH": ARCHITECTURE},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout
    manifest = json.loads((clone.root / arguments[-1] / "manifest.json").read_text())
    assert manifest["architecture"] == ARCHITECTURE
    zips: dict[str, str] = manifest["zips"]
    return zips


def test_incremental_packaging_equals_full_packaging(clone: Clone) -> None:
    before = package(clone, "--changed", ".local/dist")
    service = default_service().name
    clone.edit(f"services/{service}/routes.py")
    steps = package(clone, "--changed", ".local/dist")
    assert [name for name in steps if steps[name] != before[name]] == [f"{service}.zip"]
    assert steps == package(clone, "dist")


# A request that needs no other AWS service.
REQUEST = """
import importlib, json
from types import SimpleNamespace
context = SimpleNamespace(
    aws_request_id="1", function_name="f", function_version="1", memory_limit_in_mb=128, invoked_function_arn="arn",
    get_remaining_time_in_millis=lambda: 10_000,
)
print()
print(importlib.import_module("lambda_function").handler(json.loads(sys.argv[1]), context)["statusCode"])
"""


def test_zips_of_plain_pants_run(clone: Clone, tmp_path: Path) -> None:
    """They are not finished: without bytecode, with every file of the packages."""
    plain = clone.root / "dist/plain"
    subprocess.run(
        [clone.root / "build-support/package-targets", plain, "::"],
        env=os.environ | {"LAMBDA_ARCH": ARCHITECTURE},
        check=True,
        timeout=600,
    )
    service = default_service()
    (tmp_path / "unpacked").mkdir()
    unpacked = Unpacked(plain, service.name, tmp_path / "unpacked")
    event = http_event("GET", f"{service.paths[0]}/health")
    assert unpacked.run(REQUEST, json.dumps(event)).splitlines()[-1] == "200"
