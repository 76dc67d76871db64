"""The changes of a document that break clients, and whether the changelog names them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from contract.documents import Document, operations
from contract.schema_changes import Comparison

type Credentials = Mapping[str, list[str]]
"""Scopes by scheme of authentication."""

MARK: Final = "**Breaking:"


class Break(NamedTuple):
    """A change that breaks clients of an operation.

    Attributes:
        operation: The id of the operation, as it was released.
        place: Its method and path.
        reason: What has changed.
    """

    operation: str
    place: str
    reason: str

    def __str__(self) -> str:
        return f"{self.place} (`{self.operation}`): {self.reason}"

    def is_named_in(self, changelog: str) -> bool:
        """Return whether an entry under Unreleased has the mark, and the operation's id or place in backticks."""
        names = (f"`{self.operation}`", f"`{self.place}`")
        return any(name in entry for name in names for entry in entries(changelog))


def entries(changelog: str) -> list[str]:
    """Return the entries of the changelog's section Unreleased that have the mark of a breaking change."""
    unreleased = re.search(r"^## \[?Unreleased\]?$(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL)
    found = re.split(r"^- ", unreleased[1] if unreleased else "", flags=re.MULTILINE)
    return [" ".join(entry.split()) for entry in found if MARK in entry]


def breaks(old: Document, new: Document) -> Iterator[Break]:
    """Yield each change from a released document to a new one that breaks clients."""
    schemas = tuple(each["components"]["schemas"] for each in (old, new))
    for path, method, operation in operations(old):
        present = new["paths"].get(path, {}).get(method)
        reasons = ["the operation is removed"] if present is None else _reasons(operation, present, *schemas)
        for reason in reasons:
            yield Break(operation["operationId"], f"{method.upper()} {path}", reason)


def _reasons(old: Document, new: Document, *schemas: Document) -> Iterator[str]:
    sent = Comparison(*schemas, is_sent=True)
    if old["operationId"] != new["operationId"]:
        yield f"the operation id is `{new['operationId']}`"
    if not all(_accepts(new.get("security", []), known) for known in old.get("security") or [{}]):
        yield "other credentials or scopes are required"
    yield from _parameter_reasons(old, new, sent)
    yield from _body_reasons(old.get("requestBody", {}), new.get("requestBody", {}), sent)
    for status, response in old["responses"].items():
        if status not in new["responses"]:
            yield f"{status} is removed"
        else:
            received = Comparison(*schemas, is_sent=False)
            yield from (
                f"{status}: {reason}" for reason in _response_reasons(response, new["responses"][status], received)
            )
    for status in new["responses"].keys() - old["responses"].keys():
        if status < "400":
            yield f"{status} is a new success"


def _accepts(alternatives: Sequence[Credentials], known: Credentials) -> bool:
    """Return whether a caller with these schemes and scopes has one of the alternatives; none at all: it is public."""
    return not alternatives or any(
        all(scheme in known and set(scopes) <= set(known[scheme]) for scheme, scopes in wanted.items())
        for wanted in alternatives
    )


def _parameter_reasons(old: Document, new: Document, sent: Comparison) -> Iterator[str]:
    known, present = (
        {(each["in"], each["name"]): each for each in operation.get("parameters", ())} for operation in (old, new)
    )
    for key in known.keys() - present.keys():
        yield f"the {key[0]} parameter {key[1]} is removed"
    for (place, name), parameter in present.items():
        before = known.get((place, name))
        if parameter["required"] and not (before and before["required"]):
            yield f"the {place} parameter {name} is required"
        if before:
            yield from sent.breaks(before["schema"], parameter["schema"], f"the {place} parameter {name}")


def _body_reasons(old: Document, new: Document, sent: Comparison) -> Iterator[str]:
    if new.get("required") and not old.get("required"):
        yield "a body is required"
    yield from _content_reasons(old, new, sent, "the body")


def _response_reasons(old: Document, new: Document, received: Comparison) -> Iterator[str]:
    for header in old.get("headers", {}).keys() - new.get("headers", {}).keys():
        yield f"the header {header} is removed"
    yield from _content_reasons(old, new, received, "the body")
    for media_type, content in old.get("content", {}).items():
        examples = new.get("content", {}).get(media_type, {}).get("examples", {})
        for code in content.get("examples", {}).keys() - examples.keys():
            yield f"the problem {code} is removed"


def _content_reasons(old: Document, new: Document, comparison: Comparison, at: str) -> Iterator[str]:
    known, present = old.get("content", {}), new.get("content", {})
    for media_type in known.keys() - present.keys():
        yield f"{at} is no longer {media_type}"
    for media_type in known.keys() & present.keys():
        yield from comparison.breaks(known[media_type]["schema"], present[media_type]["schema"], at)
