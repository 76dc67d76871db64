"""The page that shows what each fault leads to: docs/faults.md."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from tests.conformance.faults.outcome import Outcome
from tests.conformance.faults.target import takes_key
from tests.conformance.found import Row

PAGE: Final = Path(__file__).parents[3] / "docs" / "faults.md"
KINDS: Final = ("read", "create", "change")


class Line(NamedTuple):
    """A line of the table, without the fault: what a client sees, and what is stored."""

    kind: str
    status: str
    retry_after: str
    stored: str
    client: str


def kind_of(row: Row) -> str:
    """Return the kind of an operation of the API."""
    if row.operation.method == "GET":
        return "read"
    return "create" if takes_key(row) else "change"


def line_of(row: Row, outcome: Outcome) -> Line:
    """Return the line of an outcome."""
    kind, status = kind_of(row), outcome.response.status_code
    shown = "as without the fault" if status == outcome.status else f"{status} `{outcome.code}`"
    return Line(
        kind,
        shown,
        outcome.response.headers.get("retry-after", "-"),
        "-" if kind == "read" else str(outcome.effect),
        _client(kind, outcome),
    )


def _client(kind: str, outcome: Outcome) -> str:
    if outcome.response.is_success:
        return "nothing"
    if outcome.response.status_code == 500:
        return "reports `request_id`; nothing helps until it is mended"
    if kind == "create":
        return "sends it again with the same `Idempotency-Key`"
    return "sends it again"


def page(found: Mapping[str, list[Line]]) -> str:
    """Return the page, from the lines by the name of the fault."""
    rows = [
        f"| {name} | {line.kind} | {line.status} | {line.retry_after} | {line.stored} | {line.client} |"
        for name, lines in found.items()
        for line in sorted(set(lines), key=lambda line: (KINDS.index(line.kind), line))
    ]
    return TEXT.format(rows="\n".join(rows))


def check(found: Mapping[str, list[Line]]) -> None:
    """Compare the page, or write it if the environment says `WRITE_PAGES=1`."""
    made = page(found)
    if os.environ.get("WRITE_PAGES"):
        PAGE.write_text(made, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == made, "docs/faults.md is not current: run make faults"


TEXT: Final = """# What clients see when AWS fails

Each fault below is injected into every AWS call of every operation of every service, on the packaged functions
([decision 0049](decisions/0049-faults-in-the-control-plane.md)). `make faults` writes this page; `make test-faults`
compares it, every night. Delays, and calls that are applied late, meet writes only. A database that does not respond
at all meets one operation of each kind of each service, and faults of Secrets Manager meet each operation that requires
a token.

In each case the response comes from the function, before its timeout; one `ERROR` line of the log names the AWS call;
and the same request, sent again after the fault has gone, ends in the state that it would have led to without the
fault. The exceptions are below the table.

*Create* is a POST with an `Idempotency-Key`, *change* any other request that may store something. A status has two
lines where operations differ. *Stored* is how much of what the operation stores is stored when the client decides
whether to send the request again.

| fault | operation | status | Retry-After in s | stored | what the client does |
|---|---|---|---|---|---|
{rows}

- An operation with several calls of DynamoDB may end between them: *a part* is stored, such as a failed login that is
  counted. Each call is stored completely or not at all.
- After a lost response, a change may have been stored although the response is 503. `If-Match` tells: it is 412 then.
- A call may be applied after the 503, when the client has sent the request again or has done something else. Each write
  requires a state that it changes for ever, so that it undoes nothing that was acknowledged after it. Exceptions are
  POSTs without an `Idempotency-Key`, and what a profile lists in `applied_twice`, with the reason.
- A function that is killed leaves API Gateway's 500 without `x-request-id`. What is stored is that of its last call;
  the same request again ends in the right state. Every call of every operation is tested, before and after it is
  applied.
- A POST without an `Idempotency-Key` that may have been stored has no `Retry-After`, and its 503 says that the client
  must look before it sends it again: it would create twice, unless what the first one stored is unique.
"""
