"""The page of all types of problems."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Final

from common.http import problems
from contract.documents import Document, operations
from contract.problem_types import ProblemType, problem_types

HEAD: Final = """\
# Problems

Every error that a service sends is a problem (RFC 9457) whose `type` identifies its kind and never changes. A `type` of
`about:blank` says no more than the status. API Gateway sends errors of its own, with the body `{"message": "..."}`:
413, 429, 431, 500 and 503, and 401 and 403 if it verifies the tokens of an issuer (docs/tokens.md).

`make openapi` writes this page.
"""


def page(found: Mapping[str, Document], with_issuer: Mapping[str, Document]) -> str:
    """Return the text of the page: a table of all types, and a section for each with its address.

    Args:
        found: The document of each service.
        with_issuer: The same if an OpenID Connect issuer issues the tokens.
    """
    types = problem_types(found, with_issuer).values()
    every = {operation["operationId"] for document in found.values() for _, _, operation in operations(document)}
    by_status = sorted(types, key=lambda each: each.status)
    table = [f"| {each.status} | [{each.code}](#{each.code}) | {each.title} |" for each in by_status]
    sections = (line for each in types for line in _section(each, len(every)))
    return "\n".join([HEAD, "| status | code | title |", "|---|---|---|", *table, *sections]) + "\n"


def _section(each: ProblemType, every: int) -> Iterator[str]:
    yield from ("", f"## {each.code}", "", each.meaning, "")
    yield f"- Type: `{problems.type_uri(each.code)}`"
    yield f"- Title: {each.title}"
    yield f"- Status: {each.status} {HTTPStatus(each.status).phrase}"
    named = dict.fromkeys(each.operations)
    if len(named) == every:
        yield "- Operations: all"
    elif named:
        yield f"- Operations: {', '.join(f'`{name}`' for name in named)}"
    else:
        yield "- Operations: none that an OpenAPI document contains"
