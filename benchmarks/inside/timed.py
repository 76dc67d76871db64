"""A handler that measures another one, whose calls to AWS are answered in the process.

The seconds and CPU seconds are one more part of the response. The runtime client's own work, which is the same for all
subjects, is not in them.
"""

import importlib
import os
import time
from typing import Any

from benchmarks.inside import answered
from benchmarks.inside.names import HANDLER, PART

answered.install()
_module, _, _name = os.environ[HANDLER].rpartition(".")
_handler = getattr(importlib.import_module(_module), _name)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Return the handler's response with its times."""
    cpu, began = time.process_time(), time.perf_counter()
    response: dict[str, Any] = _handler(event, context)
    response[PART] = time.perf_counter() - began, time.process_time() - cpu
    return response
