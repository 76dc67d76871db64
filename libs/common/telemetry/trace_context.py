"""The trace context of a request: W3C Trace Context level 1 (https://www.w3.org/TR/trace-context-1/)."""

import re
import secrets
from collections.abc import Sequence
from typing import Final

TRACEPARENT: Final = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
ROOT: Final = re.compile(r"(?:^|;)Root=1-(?!0{8}-0{24})([0-9a-f]{8})-([0-9a-f]{24})(?:;|$)")
PARENT: Final = re.compile(r"(?:^|;)Parent=((?!0{16})[0-9a-f]{16})(?:;|$)")
SAMPLED: Final = re.compile(r"(?:^|;)Sampled=1(?:;|$)")


def traceparent(given: Sequence[str], xray: str) -> str:
    """Return the caller's `traceparent` if it is valid (version 00, section 3.2), else a new one.

    Args:
        given: Every header of that name.
        xray: X-Ray's tracing header of this invocation, or an empty string. If it names them, a new `traceparent` has
            its trace, the function's segment as parent, and its sampling decision
            (https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader).
    """
    if len(given) == 1 and TRACEPARENT.fullmatch(given[0]):
        return given[0]
    root, parent = ROOT.search(xray), PARENT.search(xray)
    trace_id = "".join(root.groups()) if root else secrets.token_hex(16)
    parent_id = parent[1] if root and parent else secrets.token_hex(8)
    return f"00-{trace_id}-{parent_id}-{'01' if root and SAMPLED.search(xray) else '00'}"
