"""What INIT imports, builds and leaves behind. Each case runs in a process of its own, as on Lambda."""

import functools
import json
import os
import subprocess
import sys
from importlib import import_module
from typing import Any, Never

import pytest
from fastapi.exceptions import FastAPIError
from pydantic import BaseModel

from common.cold_start import models_built_when_used, without
from common.http.application import create_app
from common.http.router import Router
from monorepo.environment import own_variables
from monorepo.services import services
from tests.common.architecture.modules import ROOT

# What one service does not import, another one may.
SERVICES = {service.name: service for service in services()}
NAMES = list(SERVICES)
INIT = """
import gc, importlib, json, os, sys
service = os.environ["POWERTOOLS_SERVICE_NAME"]
importlib.import_module(f"{service}.handler")
from fastapi.openapi import models
app = sys.modules[f"{service}.app"].app
print(json.dumps({
    "collecting": gc.isenabled(),
    "compiling": sys.modules["re._compiler"].compile.__module__,
    "frozen": gc.get_freeze_count(),
    "modules": sorted(sys.modules),
    "built": [name for name, kind in vars(models).items() if getattr(kind, "__pydantic_complete__", False)],
    "analysed": [route.path for route in app.routes if "dependant" in vars(route)],
    "openapi": app.openapi(),
}))
"""
# Another module has imported FastAPI before.
LATE = f"import fastapi{INIT}"


# `model_rebuild` is no longer a class method of `BaseModel`, but works.
OTHER_DESCRIPTOR = f"""
import functools
from pydantic import BaseModel
class Bound:
    rebuild = BaseModel.__dict__["model_rebuild"].__func__
    def __get__(self, _, model):
        return functools.partial(type(self).rebuild, model)
BaseModel.model_rebuild = Bound()
{INIT}"""
METACLASS = f"""
from pydantic import BaseModel
type(BaseModel).model_rebuild = BaseModel.__dict__["model_rebuild"].__func__
del BaseModel.model_rebuild
{INIT}"""


@functools.cache
def process(code: str, service: str = NAMES[0], **variables: str) -> dict[str, Any]:
    """Return what a process prints that runs the INIT of a service."""
    finished = subprocess.run(
        [sys.executable, "-c", code],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{ROOT}/libs:{ROOT}/services",
            "AWS_DEFAULT_REGION": "eu-central-1",
            "ENVIRONMENT": "test",
            "POWERTOOLS_SERVICE_NAME": service,
            "POWERTOOLS_METRICS_NAMESPACE": "Things/test",
            "LOG_LEVEL": "INFO",
            "TRACING": "off",
            "JWT_ISSUER": "shop",
            "JWT_AUDIENCE": "shop-api",
            **own_variables(SERVICES[service], services(), "things-test"),
            **variables,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert finished.returncode == 0, finished.stderr
    found: dict[str, Any] = json.loads(finished.stdout.splitlines()[-1])
    return found


def on_lambda(service: str = NAMES[0]) -> dict[str, Any]:
    return process(INIT, service, LAMBDA_TASK_ROOT="/var/task")


def test_collector_is_on_after_init_and_spares_what_init_has_made() -> None:
    found = on_lambda()
    assert found["collecting"]
    assert found["frozen"] > 10_000


def test_init_gives_re_back() -> None:
    # A file that holds nothing, where packaging would write one.
    started = """
import marshal, re._compiler, sys, tempfile, _sre
from common.compiled_regexes import REGEXES
with tempfile.NamedTemporaryFile() as file:
    version = (sys.implementation.cache_tag, sys.byteorder, _sre.MAGIC, _sre.CODESIZE)
    file.write(marshal.dumps((version, {})))
    file.flush()
    REGEXES._file = file.name
    REGEXES.start()
assert re._compiler.compile.__module__ == "common.compiled_regexes"
"""
    assert process(started + INIT, LAMBDA_TASK_ROOT="/var/task")["compiling"] == "re._compiler"


def test_collector_is_unchanged_outside_lambda() -> None:
    found = process(LATE)
    assert found["collecting"]
    assert found["frozen"] == 0


@pytest.mark.parametrize("service", NAMES)
def test_init_imports_no_boto3(service: str) -> None:
    assert {"boto3", "s3transfer"}.isdisjoint(on_lambda(service)["modules"])


@pytest.mark.parametrize("service", NAMES)
def test_init_imports_the_validator_of_addresses_only_for_a_services_own_models(service: str) -> None:
    folder = ROOT / "services" / service
    has_addresses = any("EmailStr" in path.read_text() for path in folder.rglob("*.py"))
    assert ("email_validator" in on_lambda(service)["modules"]) <= has_addresses


@pytest.mark.parametrize("changed", [OTHER_DESCRIPTOR, METACLASS], ids=["another descriptor", "metaclass"])
def test_init_works_if_pydantic_has_changed(changed: str) -> None:
    found = process(changed, LAMBDA_TASK_ROOT="/var/task")
    assert len(found["built"]) > 20
    assert found["collecting"]
    assert json.dumps(found["openapi"]) == json.dumps(on_lambda()["openapi"])


def test_init_builds_no_model_that_only_openapi_needs() -> None:
    # FastAPI itself makes one object of these when it is imported, and the security scheme is one.
    assert set(on_lambda()["built"]) <= {"OAuth2", "OAuthFlows"}


def test_init_analyses_no_route() -> None:
    assert on_lambda()["analysed"] == []


def test_openapi_is_the_same_if_fastapi_was_imported_before() -> None:
    late = process(LATE)
    assert len(late["built"]) > 20
    assert json.dumps(late["openapi"]) == json.dumps(on_lambda()["openapi"])


def test_model_is_built_when_it_is_used() -> None:
    with models_built_when_used():

        class Inner(BaseModel):
            number: int

        class Outer(BaseModel):
            inner: "Inner"

        Outer.model_rebuild()
        assert not Outer.__pydantic_complete__
        assert Outer.model_validate({"inner": {"number": "1"}}).inner.number == 1

    class Later(BaseModel):
        number: int

    assert Later.__pydantic_complete__


def test_missing_module_is_found_again_after_an_error() -> None:
    name = "wsgiref.util"
    sys.modules.pop(name, None)
    with pytest.raises(ImportError), without(name):
        import_module(name)
    import_module(name)
    assert name in sys.modules
    with without(name):
        import_module(name)


def test_route_with_a_wrong_signature_is_found_when_it_is_analysed() -> None:
    router = Router()

    @router.get("/wrong")
    async def wrong(value: Never) -> None: ...

    app = create_app("things", description="Things.", routers=[router])
    for _ in range(2):
        with pytest.raises(FastAPIError, match=r"typing\.Never"):
            app.openapi()
