"""X-Ray's tracing header, and the segments that Lambda itself writes."""

import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, override

ROOT = re.compile(r"1-[0-9a-f]{8}-[0-9a-f]{24}")
ID = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class TraceHeader:
    """The tracing header (https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader)."""

    root: str
    parent: str | None = None
    sampled: bool | None = None

    @classmethod
    def parse(cls, header: str) -> "TraceHeader":
        """Return the header of a client; a missing or malformed root is replaced by a new one."""
        fields = dict(part.strip().partition("=")[::2] for part in header.split(";"))
        root, parent = fields.get("Root", ""), fields.get("Parent", "")
        return cls(
            root=root if ROOT.fullmatch(root) else new_trace_id(),
            parent=parent if ID.fullmatch(parent) else None,
            sampled={"0": False, "1": True}.get(fields.get("Sampled", "")),
        )

    @override
    def __str__(self) -> str:
        parts = [f"Root={self.root}"]
        if self.parent:
            parts.append(f"Parent={self.parent}")
        if self.sampled is not None:
            parts.append(f"Sampled={int(self.sampled)}")
        return ";".join(parts)


def new_trace_id() -> str:
    """Return a new trace id: version, the time in hexadecimal seconds, 96 random bits."""
    return f"1-{int(time.time()):08x}-{secrets.token_hex(12)}"


def new_segment_id() -> str:
    """Return a new segment id: 64 random bits."""
    return secrets.token_hex(8)


@dataclass(frozen=True, slots=True)
class FunctionTrace:
    """The part of a trace that Lambda writes about one invocation: the service's segment and the function's below it.

    The function gets the id of its own segment as `Parent`, so that the segments of its code are below it
    (https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html). Times are seconds since the epoch.
    """

    incoming: TraceHeader
    sampled: bool
    service_id: str
    function_id: str

    @classmethod
    def begin(cls, incoming: TraceHeader, *, active: bool) -> "FunctionTrace":
        """Return the trace of an invocation, sampled as the client decided, or else if tracing is active."""
        sampled = active if incoming.sampled is None else incoming.sampled
        return cls(incoming, sampled, new_segment_id(), new_segment_id())

    @property
    def header(self) -> TraceHeader:
        """The header to give to the runtime."""
        return TraceHeader(self.incoming.root, self.function_id, self.sampled)

    def documents(
        self,
        name: str,
        arn: str,
        request_id: str,
        *,
        span: tuple[float, float],
        init: tuple[float, float] | None,
        restore: tuple[float, float] | None = None,
        failure: Mapping[str, Any] | None,
    ) -> list[dict[str, Any]]:
        """Return both segments; none when the trace is not sampled.

        `span`, `init` and `restore` are (start, end); `failure` is the cause of a fault, maybe empty.
        """
        if not self.sampled:
            return []
        common = {"name": name, "trace_id": self.incoming.root, "start_time": span[0], "end_time": span[1]}
        if failure is not None:
            common["fault"] = True
        service = common | {
            "id": self.service_id,
            "origin": "AWS::Lambda",
            "resource_arn": arn,
            "http": {"response": {"status": 200}},
            "aws": {"request_id": request_id},
        }
        if self.incoming.parent:
            service["parent_id"] = self.incoming.parent
        function = common | {
            "id": self.function_id,
            "parent_id": self.service_id,
            "origin": "AWS::Lambda::Function",
            "resource_arn": arn,
            "aws": {"function_arn": arn, "request_id": request_id},
        }
        # https://docs.aws.amazon.com/lambda/latest/dg/snapstart-monitoring.html names the second one.
        for name_of_part, part in (("Initialization", init), ("Restore", restore)):
            if part:
                function["subsegments"] = [
                    {"id": new_segment_id(), "name": name_of_part, "start_time": part[0], "end_time": part[1]}
                ]
        if failure:
            function["cause"] = failure
        return [service, function]
