"""A trace as the embedded AWS has received it."""

from collections.abc import Iterable, Iterator
from typing import Any

type Tree = list[tuple[str, Tree]]
"""Labels in order of their beginning, each with those below it."""

COMPLETE = frozenset({"AWS::Lambda", "AWS::Lambda::Function", "## handler"})


def label(document: dict[str, Any]) -> str:
    """What kind of resource a segment is of, or the name of a subsegment."""
    found: str = document.get("origin", document["name"])
    return found


class Trace:
    """Segments and subsegments, those that are inside of others among them."""

    def __init__(self, documents: Iterable[dict[str, Any]]) -> None:
        self.documents = list(_flat(documents))

    def __bool__(self) -> bool:
        return bool(self.documents)

    def is_complete(self) -> bool:
        """Whether all has arrived: the function's own subsegments before `## handler`, and Lambda's segments."""
        return {label(document) for document in self.documents} >= COMPLETE

    def one(self, name: str) -> dict[str, Any]:
        """The only one with that label."""
        [found] = [document for document in self.documents if label(document) == name]
        return found

    def tree(self, parent: str | None = None) -> Tree:
        """What is below a segment; without one, all: roots are what has no parent in the trace."""
        known = {document["id"] for document in self.documents}
        below = [
            document
            for document in self.documents
            if (document.get("parent_id") == parent if parent else document.get("parent_id") not in known)
        ]
        return [(label(each), self.tree(each["id"])) for each in sorted(below, key=lambda each: each["start_time"])]

    def handled(self) -> Tree:
        """The tree below `## handler`, which is below both of Lambda's segments and beside nothing but INIT."""
        [(service, [(function, below)])] = self.tree()
        assert (service, function) == ("AWS::Lambda", "AWS::Lambda::Function")
        *before, (name, found) = below
        assert before in ([], [("Initialization", [])])
        assert name == "## handler"
        return found


def _flat(documents: Iterable[dict[str, Any]], parent: str | None = None) -> Iterator[dict[str, Any]]:
    for document in documents:
        own = document if parent is None else document | {"parent_id": parent}
        yield own
        yield from _flat(document.get("subsegments", ()), document["id"])


def code(document: dict[str, Any]) -> str | None:
    """The type of the exception, or the code of AWS's error, that a subsegment ended with; never with a message."""
    if "cause" not in document:
        return None
    [exception] = document["cause"]["exceptions"]
    assert exception.get("message") is None
    kind: str = exception["type"]
    return kind
