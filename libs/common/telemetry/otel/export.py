"""Sends spans to Lambda's X-Ray daemon, or to a backend that takes OTLP over HTTP.

Both do so at the end of the invocation: nothing runs beside it, because Lambda freezes the process after the response.
A span that cannot be encoded or sent is a log line, never a failed request.
"""

import base64
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from threading import Thread
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from common.settings import SettingsError
from common.telemetry import logs
from common.telemetry.otel import encoding
from common.telemetry.otel.spans import RecordingSpan, Scope, shortened

if TYPE_CHECKING:
    from urllib3 import PoolManager

# A header, then "T1S" for spans that are sampled, then the request in base64. AWS's distribution of OpenTelemetry has
# the same format: https://github.com/aws-observability/aws-otel-python-instrumentation (otlp_udp_exporter.py).
PREFIX: Final = b'{"format":"json","version":1}\nT1S'
DATAGRAM: Final = 65_507
"""Bytes of a UDP datagram at most."""

LARGEST: Final = (DATAGRAM - len(PREFIX)) // 4 * 3
"""Bytes of a request at most: base64 makes four of three."""

FRAME: Final = 24
"""Bytes of tags and lengths around a span at most."""

SHORTEST: Final = 40
SHORTER: Final = ((2000, 32), (200, 16), (SHORTEST, 4))
"""Characters of each text and number of attributes and events of a shortened span. The last one fits, unless
the names of the process or of the scope are as long themselves."""

MILLISECONDS: Final = 1000
"""How long a request to a backend may take by default. OpenTelemetry's own default, 10 s, would delay responses."""


class DaemonExporter:
    """Sends spans in as few datagrams as possible, without waiting."""

    def __init__(self, address: str, resource: bytes) -> None:
        host, _, port = address.rpartition(":")
        self._address = host, int(port)
        self._resource = resource
        self._socket: socket.socket | None = None

    def __call__(self, spans: Sequence[RecordingSpan]) -> None:
        """Send spans; one that is larger than a datagram is shortened and marked."""
        for group in self._groups(spans):
            body = base64.b64encode(encoding.request(self._resource, group))
            try:
                if self._socket is None:
                    self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                    self._socket.setblocking(False)
                    # Else the kernel accepts datagrams for the socket on every address of the machine.
                    self._socket.connect(self._address)
                try:
                    self._socket.send(PREFIX + body)
                except ConnectionRefusedError:
                    # Nothing listened to an earlier datagram. The kernel reports that now, and has not sent this one.
                    self._socket.send(PREFIX + body)
            except OSError as error:
                lost = {"spans": len(group), "error": type(error).__name__}
                logs.logger().warning("Spans were not sent to X-Ray", extra=lost)

    def close(self) -> None:
        """Close the socket; sending opens another one."""
        if self._socket is not None:
            self._socket.close()
        self._socket = None

    def _groups(self, spans: Sequence[RecordingSpan]) -> Iterator[list[tuple[Scope, bytes]]]:
        most = LARGEST - len(self._resource) - FRAME
        group: list[tuple[Scope, bytes]] = []
        size = 0
        for scope, encoded in _encoded(spans, lambda span: _fitting(span, most - _frame(span.scope))):
            needed = len(encoded) + _frame(scope)
            if group and size + needed > most:
                yield group
                group, size = [], 0
            group.append((scope, encoded))
            size += needed
        if group:
            yield group


def _frame(scope: Scope) -> int:
    # Counted for every span, although spans share a scope: the sum is an upper bound.
    return 4 * (len(scope.name) + len(scope.version)) + FRAME


def _encoded(spans: Sequence[RecordingSpan], encode: Callable[[RecordingSpan], bytes]) -> Iterator[tuple[Scope, bytes]]:
    """Yield each span with its scope, without those that have values which OpenTelemetry does not allow."""
    errors = []
    for span in spans:
        try:
            encoded = encode(span)
        except Exception as error:  # noqa: BLE001 - no request may fail because of its trace
            errors.append(type(error).__name__)
        else:
            yield span.scope, encoded
    if errors:
        logs.logger().warning("Spans could not be encoded", extra={"spans": len(errors), "error": errors[0]})


def _fitting(span: RecordingSpan, most: int) -> bytes:
    """Return an encoded span of at most so many bytes."""
    encoded = encoding.span(span)
    if len(encoded) <= most:
        return encoded
    logs.logger().warning(
        "A span was too large for X-Ray and was shortened",
        extra={"span": span.name[:SHORTEST], "bytes": len(encoded), "most": most},
    )
    for characters, items in SHORTER:
        encoded = encoding.span(shortened(span, characters, items))
        if len(encoded) <= most:
            break
    return encoded


class HttpExporter:
    """Sends spans by one HTTP POST, for which the response waits.

    Protocol: https://opentelemetry.io/docs/specs/otlp/#otlphttp-request
    """

    def __init__(self, endpoint: str, headers: Mapping[str, str], milliseconds: float, resource: bytes) -> None:
        self._endpoint = endpoint
        self._headers = {**headers, "Content-Type": "application/x-protobuf"}
        self._seconds = milliseconds / 1000
        self._resource = resource
        self._pool: PoolManager | None = None
        self._sender: Thread | None = None

    def __call__(self, spans: Sequence[RecordingSpan]) -> None:
        """Send spans; a backend that does not accept them in time costs a log line.

        No second request is sent while the backend still has not responded to one that was given up.
        """
        outcome: list[str | int | None] = ["TimeoutError"]
        if self._sender is None or not self._sender.is_alive():
            body = encoding.request(self._resource, _encoded(spans, encoding.span))
            # urllib3's timeout is for each part that is read, and not for resolving names.
            self._sender = Thread(target=self._post, args=(body, outcome), daemon=True)
            self._sender.start()
            self._sender.join(self._seconds)
        if (problem := outcome[0]) is not None:
            logs.logger().warning("Spans were not sent to the backend", extra={"spans": len(spans), "error": problem})

    def _post(self, body: bytes, outcome: list[str | int | None]) -> None:
        from urllib3 import PoolManager, Timeout  # noqa: PLC0415 - only with a backend

        try:
            if self._pool is None:
                self._pool = PoolManager(retries=False)
            response = self._pool.request(
                "POST", self._endpoint, body=body, headers=self._headers, timeout=Timeout(total=self._seconds)
            )
            outcome[0] = None if response.status < 300 else response.status  # noqa: PLR2004 - success
        except Exception as error:  # noqa: BLE001 - a thread's would be written with its message
            outcome[0] = type(error).__name__

    def close(self) -> None:
        """Close the connections; sending opens others."""
        if self._pool is not None:
            self._pool.clear()


def endpoint(environment: Mapping[str, str]) -> str:
    """Return the URL of the backend that the environment chooses; an empty string means X-Ray."""
    if whole := environment.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"):
        return whole
    base = environment.get("OTEL_EXPORTER_OTLP_ENDPOINT", "")
    return f"{base.removesuffix('/')}/v1/traces" if base else ""


def exporter(environment: Mapping[str, str], resource: Mapping[str, str]) -> DaemonExporter | HttpExporter | None:
    """Return the exporter that the environment chooses; None: it excludes them, or names neither backend nor daemon.

    Variables: https://opentelemetry.io/docs/specs/otel/protocol/exporter/

    Raises:
        SettingsError: A variable is unusable.
    """

    def variable(name: str) -> str:
        of_traces = environment.get(f"OTEL_EXPORTER_OTLP_TRACES_{name}", "")
        return of_traces or environment.get(f"OTEL_EXPORTER_OTLP_{name}", "")

    if environment.get("OTEL_SDK_DISABLED", "").lower() == "true" or environment.get("OTEL_TRACES_EXPORTER") == "none":
        return None
    encoded = encoding.resource(described(environment, resource))
    if url := endpoint(environment):
        if variable("PROTOCOL") not in ("", "http/protobuf"):
            raise SettingsError("OTEL_EXPORTER_OTLP_PROTOCOL: only http/protobuf is possible")
        headers = dict(_pairs(variable("HEADERS")))
        if not all(part.isascii() and part.isprintable() for pair in headers.items() for part in pair):
            raise SettingsError("OTEL_EXPORTER_OTLP_HEADERS: only printable characters of ASCII are possible")
        milliseconds = variable("TIMEOUT") or str(MILLISECONDS)
        if not (milliseconds.isascii() and milliseconds.isdecimal() and int(milliseconds)):
            raise SettingsError("OTEL_EXPORTER_OTLP_TIMEOUT: not a positive number of milliseconds")
        return HttpExporter(url, headers, int(milliseconds), encoded)
    if address := environment.get("AWS_XRAY_DAEMON_ADDRESS", ""):
        host, _, port = address.rpartition(":")
        if not host or ":" in host or not (port.isascii() and port.isdecimal()):
            raise SettingsError("AWS_XRAY_DAEMON_ADDRESS: not of the form host:port")
        return DaemonExporter(address, encoded)
    return None


def described(environment: Mapping[str, str], resource: Mapping[str, str]) -> dict[str, str]:
    """Return the attributes of the process: ours, those of OTEL_RESOURCE_ATTRIBUTES, and OTEL_SERVICE_NAME."""
    described = {**resource, **dict(_pairs(environment.get("OTEL_RESOURCE_ATTRIBUTES", "")))}
    if name := environment.get("OTEL_SERVICE_NAME"):
        described["service.name"] = name
    return described


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """Yield the pairs of `name=value,other=value`, whose values are percent-encoded."""
    for pair in text.split(","):
        name, separator, value = pair.partition("=")
        if separator and name.strip():
            yield unquote(name.strip()), unquote(value.strip())
