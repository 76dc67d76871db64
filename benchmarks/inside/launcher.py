"""Starts and invokes the processes of one subject.

`process.py` starts it once for each subject inside the subject's mounts, so that a cold start measures neither the
mounts nor the process that asks for it. Commands and results are lines of JSON.
"""

import json
import sys
import time
from typing import Any

from benchmarks.inside.adapter import PORT, WebServer
from benchmarks.inside.child import Ended
from benchmarks.inside.names import HANDLER, PART
from benchmarks.inside.runtime_api import Function


class Launcher:
    """Performs the commands `start`, `invoke` and `end`."""

    def __init__(self) -> None:
        self._function: Function | WebServer | None = None
        self._timed = False

    def start(self, command: list[str], variables: dict[str, str], output: str) -> dict[str, Any]:
        """Start a process; return the seconds and the CPU seconds of its INIT phase."""
        kind = WebServer if PORT in variables else Function
        self._timed = HANDLER in variables
        self._function = function = kind(command, variables, output)
        function.initialise()
        return {"seconds": time.perf_counter() - function.process.began, "cpu": function.process.cpu()}

    def invoke(self, event: str, trace: str, times: int) -> dict[str, Any]:
        """Invoke it several times; return seconds and CPU seconds of each, the memory held, and the last response."""
        if self._function is None:
            raise Ended("it was not started")
        function, data = self._function, event.encode()
        measured = [function.invoke(data, trace) for _ in range(times)]
        if self._timed:
            # The handler's own times are a part of its response. KeyError: they are missing, and no other time is used.
            measured = [(*json.loads(response)[PART], response) for _, _, response in measured]
        return {
            "seconds": [seconds for seconds, _, _ in measured],
            "cpu": [cpu for _, cpu, _ in measured],
            "memory": function.process.memory(),
            "response": measured[-1][2].decode(),
        }

    def end(self) -> dict[str, Any]:
        """End the process; return its CPU seconds and its peak memory."""
        function, self._function = self._function, None
        return function.end() if function else {}


def main() -> None:
    """Perform the commands of standard input until it ends."""
    launcher = Launcher()
    for line in sys.stdin:
        name, arguments = json.loads(line)
        try:
            result = getattr(launcher, name)(**arguments)
        except (Ended, OSError, KeyError) as error:
            launcher.end()
            result = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(result), flush=True)
    launcher.end()


if __name__ == "__main__":
    main()
