"""Shortens Lambda's INIT. Import it before FastAPI: `common.lambda_handler` and `pyproject.toml` see to that.

Nothing depends on it. If FastAPI has been imported before, or can no longer be imported this way, its import takes
longer, as it would without this module.
"""

from common.compiled_regexes import REGEXES

# isort: split
import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from pydantic import BaseModel, ConfigDict

# Not in tests, nor under `make dev`: what they import would stay frozen for as long as they run.
ON_LAMBDA = "LAMBDA_TASK_ROOT" in os.environ


def end_init() -> None:
    """Turn the collector on, for objects that are made from now on, and give `re` back. Call it at the end of INIT.

    What INIT has made lives as long as the process, so the collector need not look at it. A process that Lambda
    restores from a snapshot begins here, so nothing has to be done after a restore.
    """
    REGEXES.stop()
    if ON_LAMBDA:
        gc.freeze()
        gc.enable()


@contextmanager
def without(module: str) -> Iterator[None]:
    """Let imports of an optional module fail inside, unless it has been imported before."""
    if module in sys.modules:
        yield
        return
    sys.modules[module] = None  # type: ignore[assignment] # https://docs.python.org/3/reference/import.html#the-module-cache
    try:
        yield
    finally:
        del sys.modules[module]


@contextmanager
def models_built_when_used() -> Iterator[None]:
    """Let pydantic build the models that are defined inside when they are first used (`defer_build`).

    A module asks without arguments for its models with forward references to be built, and this does nothing meanwhile.
    pydantic asks with arguments, when a model is used.
    """
    config, rebuild = BaseModel.model_config, BaseModel.__dict__["model_rebuild"]

    def not_yet(model: type[BaseModel], /, **arguments: Any) -> bool | None:
        return rebuild.__func__(model, **arguments) if arguments else None

    BaseModel.model_config = ConfigDict(defer_build=True)
    BaseModel.model_rebuild = classmethod(not_yet)  # type: ignore[assignment]
    try:
        yield
    finally:
        BaseModel.model_config = config
        BaseModel.model_rebuild = rebuild  # type: ignore[method-assign]


if ON_LAMBDA:
    gc.disable()
if "fastapi" not in sys.modules:
    # Only the OpenAPI document needs these models. One of them has an e-mail address, that of a contact, which would
    # be validated: the module for it takes as long as all of pydantic.
    try:
        with models_built_when_used(), without("email_validator"):
            import_module("fastapi.openapi.models")
    except Exception:  # noqa: BLE001 - pydantic or FastAPI has changed
        # The next import of FastAPI begins anew, and raises if the fault is not ours.
        for name in [name for name in sys.modules if name.partition(".")[0] == "fastapi"]:
            del sys.modules[name]
