"""Runs a module whose calls to AWS are answered in the process, from the first response to the same call.

Run with `-m` and the module with its arguments. What is left is the work of the framework, of telemetry and of botocore
until it would sign the request: the other half of botocore's work, and the network, would hide their differences.
"""

import copy
import runpy
import sys
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.session import Session

_create_client = Session.create_client


def _creates(self: Session, *args: Any, **named: Any) -> Any:
    client = _create_client(self, *args, **named)
    known: dict[tuple[str, bytes], Any] = {}

    def answer(model: Any, params: Any, context: Any, **_: Any) -> Any:
        context["call"] = key = model.name, params["body"]
        return (
            (AWSResponse(params["url"], 200, HTTPHeaders(), None), copy.deepcopy(known[key])) if key in known else None
        )

    def remember(parsed_response: Any, context: Any, **_: Any) -> None:
        known.setdefault(context["call"], copy.deepcopy(parsed_response))

    # After those of tracing, which must see every call.
    client.meta.events.register_last("before-call", answer)
    # Before anything changes the response.
    client.meta.events.register("response-received", remember)
    return client


def install() -> None:
    """Let every client that is created from now on answer in the process."""
    Session.create_client = _creates  # type: ignore[method-assign]


if __name__ == "__main__":
    install()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
