"""Runs INIT and one invocation of a handler, and writes what the CPU time was used for.

Run with `-m` in the place of awslambdaric: HANDLER EVENT RESULT. Each moment belongs to one part only, the innermost
that is known: a group of modules, or one of the mechanisms below. Measuring adds some percent to each part.
"""

import sys
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any, Final

_STARTED: Final = time.process_time()
GROUPS: Final = {
    "FastAPI and Starlette": ("fastapi", "starlette", "mangum", "anyio", "fastapi_offline"),
    "pydantic": ("pydantic", "pydantic_core", "annotated_types", "typing_inspection", "email_validator"),
    "botocore": ("botocore", "boto3", "urllib3", "jmespath", "dateutil", "s3transfer"),
    "Powertools and tracing": ("aws_lambda_powertools", "aws_xray_sdk", "opentelemetry", "wrapt"),
    "AWS's runtime client": ("awslambdaric", "simplejson", "snapshot_restore_py", "runtime_client"),
}
LIBRARY: Final = "Python's library"
READING: Final = "reading bytecode"
COLLECTING: Final = "collecting garbage"


class Clock:
    """Adds CPU time to the innermost part that has begun."""

    def __init__(self, part: str) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._parts = [part]
        self._last = time.process_time()

    def begin(self, part: str) -> None:
        """Begin a part."""
        self._charge()
        self._parts.append(part)

    def end(self) -> None:
        """End the innermost part."""
        self._charge()
        self._parts.pop()

    def _charge(self) -> None:
        now = time.process_time()
        self.seconds[self._parts[-1]] += now - self._last
        self._last = now

    def within(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function, whose time belongs to the part."""

        def measured(*args: Any, **named: Any) -> Any:
            self.begin(part)
            try:
                return function(*args, **named)
            finally:
                self.end()

        return measured


REST: Final = "services, common and other packages"
CLOCK: Final = Clock(REST)


def group(module: str) -> str:
    """Return the name of the module's group."""
    top = module.partition(".")[0]
    known = (name for name, tops in GROUPS.items() if top in tops)
    return next(known, LIBRARY if top in sys.stdlib_module_names else REST)


def watch_imports() -> None:
    """Charge each module's import to its group, and the reading of its code to a part of its own."""
    import importlib._bootstrap as bootstrap  # noqa: PLC0415 - the interpreter's own, which must not be imported first
    import importlib._bootstrap_external as files  # noqa: PLC0415

    load = bootstrap._find_and_load_unlocked  # type: ignore[attr-defined] # noqa: SLF001 - nothing public sees imports

    def watched(name: str, import_: Any) -> Any:
        CLOCK.begin(group(name))
        try:
            return load(name, import_)
        finally:
            CLOCK.end()

    bootstrap._find_and_load_unlocked = watched  # type: ignore[attr-defined] # noqa: SLF001
    loader: Any = files.SourceFileLoader
    loader.get_code = CLOCK.within(READING, loader.get_code)


def watch_mechanisms() -> None:
    """Charge what is slow wherever it happens: the collector, regular expressions, validators, clients."""
    import gc  # noqa: PLC0415 - after the imports are watched

    def collector(phase: str, _: object) -> None:
        if phase == "start":
            CLOCK.begin(COLLECTING)
        else:
            CLOCK.end()

    gc.callbacks.append(collector)
    import importlib  # noqa: PLC0415

    regexes: Any = importlib.import_module("re._compiler")
    regexes.compile = CLOCK.within("compiling regular expressions", regexes.compile)


def watch_libraries() -> None:
    """Charge pydantic's and botocore's mechanisms, as soon as they are imported."""
    import importlib.machinery  # noqa: PLC0415

    loader: Any = importlib.machinery.SourceFileLoader
    execute = loader.exec_module
    watched = {
        "pydantic._internal._model_construction": ("complete_model_class", "building validators"),
        "pydantic.type_adapter": ("TypeAdapter._init_core_attrs", "building validators"),
        "botocore.session": ("Session.create_client", "creating clients of AWS"),
    }

    def executed(self: Any, module: Any) -> None:
        execute(self, module)
        if module.__name__ in watched:
            path, part = watched[module.__name__]
            *owners, name = path.split(".")
            owner = module
            for each in owners:
                owner = getattr(owner, each)
            setattr(owner, name, CLOCK.within(part, getattr(owner, name)))

    loader.exec_module = executed


def main() -> None:
    """Measure."""
    watch_imports()
    watch_mechanisms()
    watch_libraries()
    import importlib  # noqa: PLC0415 - after the imports are watched
    import json  # noqa: PLC0415
    import os  # noqa: PLC0415

    handler, event, result = sys.argv[1:]
    with open(event) as file:  # noqa: PTH123 - pathlib need not be imported by a handler
        given = json.load(file)
    importlib.import_module("awslambdaric.bootstrap")
    module, _, name = handler.rpartition(".")
    function = getattr(importlib.import_module(module), name)
    os.environ["_X_AMZN_TRACE_ID"] = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
    CLOCK.begin("first invocation")
    answer = function(given, _Context())
    CLOCK.end()
    CLOCK.seconds["starting Python"] += _STARTED
    with open(result, "w") as file:  # noqa: PTH123
        json.dump({"status": answer["statusCode"], "parts": CLOCK.seconds}, file)
    os._exit(0)


class _Context:
    aws_request_id = "00000000-0000-4000-8000-000000000001"
    function_name = "bench"
    function_version = "1"
    memory_limit_in_mb = 1024
    invoked_function_arn = "arn:aws:lambda:eu-central-1:123456789012:function:bench:live"
    log_group_name = "/aws/lambda/bench"
    log_stream_name = "stream"

    def get_remaining_time_in_millis(self) -> int:
        return 15_000


if __name__ == "__main__":
    main()
