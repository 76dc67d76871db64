"""An account on moto, and a Terraform that is a shell script."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from environments.account import Account
from tests.support.moto_servers import aws_client, moto_in_this_process

ARN = "arn:aws:iam::123456789012:policy/shop-boundary-eu-central-1"


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """Return an account with the bucket of published zips; the host's AWS settings lead to it."""
    with moto_in_this_process() as environment:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            monkeypatch.delenv(name)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        current = Account.current()
        with aws_client("s3", environment) as s3:
            made = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
            for bucket in made - {current.state_bucket}:
                for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
                    for one in page.get("Contents", []):
                        s3.delete_object(Bucket=bucket, Key=one["Key"])
            if current.artefact_bucket not in made:
                place: Any = {"LocationConstraint": "eu-central-1"}
                s3.create_bucket(Bucket=current.artefact_bucket, CreateBucketConfiguration=place)
        yield current


@pytest.fixture
def terraform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Return a function that puts a script called terraform on PATH, and returns the file of its arguments.

    `console` is served by the real Terraform, which evaluates the files of variables.
    """

    def make(script: str) -> Path:
        log = tmp_path / "arguments"
        real = next(
            Path(folder, "terraform")
            for folder in os.environ["PATH"].split(os.pathsep)
            if Path(folder, "terraform").exists()
        )
        program = tmp_path / "bin" / "terraform"
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\n[ "$1" = console ] && exec {real} "$@"\necho "$@" >> {log}\n{script}\n')
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
        monkeypatch.setenv("TF_PLUGIN_DIR", str(_mirror(tmp_path)))
        return log

    return make


def _mirror(folder: Path) -> Path:
    provider = folder / "mirror/registry.terraform.io/hashicorp/aws/5.100.0/any/terraform-provider-aws"
    provider.parent.mkdir(parents=True)
    provider.touch()
    return folder / "mirror"
