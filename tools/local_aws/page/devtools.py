"""Controls a page in Chromium by the DevTools protocol over two pipes.

Protocol: https://chromedevtools.github.io/devtools-protocol/. With `--remote-debugging-pipe` Chromium reads messages
from descriptor 3 and writes them to 4, each a JSON object that ends with a null byte.
"""

import base64
import contextlib
import json
import os
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from local_aws.page.chromium import SECONDS, Chromium, ChromiumError

_CHUNK = 1024 * 1024
_AT_ITS_DESCRIPTORS = 'exec "$@" 3<&0 4>&1 0</dev/null 1>&2'
_APPEARED = """new Promise((found, failed) => {
  const look = () => document.querySelector(%s);
  if (look()) return found(true);
  new MutationObserver((_, observer) => look() && (observer.disconnect(), found(true)))
    .observe(document, { childList: true, subtree: true, attributes: true });
  setTimeout(() => found(false), %d);
})"""


class _NoAnswerError(ChromiumError):
    """Chromium sent no response; its standard error may say why."""


class Tab:
    """A page that `visiting` has opened."""

    def __init__(self, process: subprocess.Popen[bytes], url: str, *, width: int, height: int) -> None:
        assert process.stdin  # noqa: S101 - for the type checker
        assert process.stdout  # noqa: S101 - for the type checker
        self._commands = process.stdin
        self._answers = process.stdout
        self._received = b""
        self._id = 0
        self._events: list[dict[str, Any]] = []
        self._session: str | None = None
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self._call("Emulation.setScrollbarsHidden", hidden=True)
        self._call("Page.enable")
        self._call("Page.setLifecycleEventsEnabled", enabled=True)
        opened = self._call("Page.navigate", url=url)
        if "errorText" in opened:
            raise ChromiumError(f"{url} cannot be opened: {opened['errorText']}")
        # Before that, an expression might be evaluated in the previous page.
        self._wait_for({"name": "load", "loaderId": opened["loaderId"]})

    def appears(self, selector: str, seconds: float = 10.0) -> bool:
        """Return whether an element with this CSS selector exists or appears within that time."""
        return bool(self.evaluate(_APPEARED % (json.dumps(selector), seconds * 1000)))

    def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression, or of the promise that it returns.

        Raises:
            ChromiumError: it throws.
        """
        answer = self._call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise ChromiumError(f"{expression}: {answer['result'].get('description')}")
        return answer["result"].get("value")

    def picture(self, file: Path, *, whole: bool = False) -> None:
        """Write a PNG of the visible part, or of the whole page."""
        clip = {"clip": self._call("Page.getLayoutMetrics")["cssContentSize"] | {"scale": 1}} if whole else {}
        shown = self._call("Page.captureScreenshot", format="png", captureBeyondViewport=whole, **clip)
        file.write_bytes(base64.b64decode(shown["data"]))

    def _call(self, method: str, **parameters: object) -> dict[str, Any]:
        self._id += 1
        message = {"id": self._id, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        with contextlib.suppress(BrokenPipeError):  # Then there is no response either.
            self._commands.write(json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + SECONDS
        while (answer := self._next(deadline)).get("id") != self._id:
            self._events.append(answer)
        if "error" in answer:
            raise ChromiumError(f"{method}: {answer['error']['message']}")
        result: dict[str, Any] = answer["result"]
        return result

    def _wait_for(self, parameters: dict[str, str]) -> None:
        """Return when there has been an event with these parameters."""
        deadline = time.monotonic() + SECONDS
        while not any(parameters.items() <= event["params"].items() for event in self._events):
            self._events = [self._next(deadline)]

    def _next(self, deadline: float) -> dict[str, Any]:
        while b"\0" not in self._received:
            ready, _, _ = select.select([self._answers], [], [], max(0.0, deadline - time.monotonic()))
            data = self._answers.read(_CHUNK) if ready else b""
            if not data:
                raise _NoAnswerError("it ended" if ready else f"it was silent for {SECONDS} s")
            self._received += data
        text, _, self._received = self._received.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        return message


@contextlib.contextmanager
def visiting(chromium: Chromium, url: str, *, width: int, height: int) -> Iterator[Tab]:
    """Open a page in a window of that size while the block runs.

    Raises:
        ChromiumError: Chromium ends, is silent for a minute, or rejects a command; also raised within the block.
    """
    with (
        tempfile.TemporaryFile() as said,
        chromium.command() as command,
        subprocess.Popen(
            ["/bin/sh", "-c", _AT_ITS_DESCRIPTORS, "sh", *command, "--remote-debugging-pipe"],
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            start_new_session=True,
        ) as process,
    ):
        try:
            yield Tab(process, url, width=width, height=height)
        except _NoAnswerError as error:
            said.seek(0)
            raise ChromiumError(f"{chromium.path}: {error}\n{said.read()[-500:].decode(errors='replace')}") from error
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
