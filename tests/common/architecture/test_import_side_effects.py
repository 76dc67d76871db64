"""Importing an app has no side effects; importing a handler reads the environment and creates the clients."""

import functools
import json
import subprocess
import sys
from typing import NamedTuple

import pytest

from monorepo.environment import own_variables
from monorepo.services import Service, services
from tests.common.architecture.modules import ROOT, SERVICES

# Runs in its own process, because a module is imported only once. It reports each read of the environment by code of
# this repository. Reads by a third-party module during its own import do not count.
PROBE = """
import importlib, json, os, sys
ROOT, MODULE = sys.argv[1:]
found = []

class Watched(dict):
    def __getitem__(self, key):
        self.note(key)
        return super().__getitem__(key)
    def get(self, key, default=None):
        self.note(key)
        return super().get(key, default)
    def note(self, key):
        if key.startswith((b"FASTAPI_", b"OTEL_", b"PYDANTIC_")):
            return  # options of the libraries, read whenever a class or an application is created
        frame = sys._getframe(1)
        while frame:
            place = frame.f_code.co_filename
            if place.startswith((ROOT + "/libs/", ROOT + "/services/")):
                found.append(f"{place}:{frame.f_lineno} reads {key!r}")
                return
            if place == "<frozen importlib._bootstrap>":
                return
            frame = frame.f_back

os.environ._data = Watched(os.environ._data)
import botocore.session
made = botocore.session.Session.create_client
def create_client(*arguments, **options):
    found.append(f"a client of {arguments[1]}")
    return made(*arguments, **options)
botocore.session.Session.create_client = create_client
importlib.import_module(MODULE)
print(json.dumps([found, sorted(sys.modules)]))
"""


class Import(NamedTuple):
    """What the import of a module did.

    Attributes:
        effects: The reads of the environment, and the clients that were created.
        modules: All that are imported afterwards.
    """

    effects: list[str]
    modules: list[str]


@functools.cache
def probe(module: str, **variables: str) -> Import:
    finished = subprocess.run(
        [sys.executable, "-c", PROBE, str(ROOT), module],
        env={"PYTHONPATH": f"{ROOT}/libs:{ROOT}/services", **variables},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return Import(*json.loads(finished.stdout.splitlines()[-1]))


@pytest.mark.parametrize("service", SERVICES)
def test_importing_an_app_reads_no_environment_and_creates_no_client(service: str) -> None:
    assert probe(f"{service}.app").effects == []


@pytest.mark.parametrize("service", services(), ids=lambda service: service.name)
def test_importing_a_handler_reads_the_environment_and_creates_clients(service: Service) -> None:
    reads = probe(
        f"{service.name}.handler",
        AWS_DEFAULT_REGION="eu-central-1",
        ENVIRONMENT="test",
        POWERTOOLS_SERVICE_NAME=service.name,
        POWERTOOLS_METRICS_NAMESPACE="Things/test",
        LOG_LEVEL="INFO",
        JWT_ISSUER="shop",
        JWT_AUDIENCE="shop-api",
        **own_variables(service, services(), "things-test"),
    ).effects
    assert any("TABLE_NAME" in read for read in reads)
    clients = {"a client of dynamodb", *(["a client of secretsmanager"] if "jwt" in service.secrets else [])}
    assert clients <= set(reads)


@pytest.mark.parametrize("service", SERVICES)
def test_importing_an_app_does_not_import_what_describes_it(service: str) -> None:
    names = probe(f"{service}.app").modules
    assert [name for name in names if name.startswith("common.http.openapi")] == ["common.http.openapi"]
