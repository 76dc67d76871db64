"""A trace that the embedded AWS received."""

from collections.abc import Iterable, Iterator
from typing import Any

type Tree = list[tuple[str, Tree]]
"""Labels in order of their start, each with its children."""

COMPLETE = frozenset({"AWS::Lambda", "AWS::Lambda::Function", "## handler"})


def label(document: dict[str, Any]) -> str:
    """Return the kind of resource of a segment, or the name of a subsegment."""
    found: str = document.get("origin", document["name"])
    return found


class Trace:
    """The segments of a trace and all their subsegments, however deep."""

    def __init__(self, documents: Iterable[dict[str, Any]]) -> None:
        self.documents = list(_flat(documents))

    def __bool__(self) -> bool:
        return bool(self.documents)

    def is_complete(self) -> bool:
        """Return whether everything has arrived: Lambda's segments and `## handler`, which is sent last."""
        return {label(document) for document in self.documents} >= COMPLETE

    def one(self, name: str) -> dict[str, Any]:
        """Return the only document with that label."""
        [found] = [document for document in self.documents if label(document) == name]
        return found

    def tree(self, parent: str | None = None) -> Tree:
        """Return the tree below a segment, or the whole trace. Roots are the documents without a parent in it."""
        known = {document["id"] for document in self.documents}
        below = [
            document
            for document in self.documents
            if (document.get("parent_id") == parent if parent else document.get("parent_id") not in known)
        ]
        return [(label(each), self.tree(each["id"])) for each in sorted(below, key=lambda each: each["start_time"])]

    def handled(self) -> Tree:
        """Return the tree below `## handler`, which is below both segments of Lambda, next to INIT at most."""
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
    """Return the type of a subsegment's exception, or the code of AWS's error. Assert that it has no message."""
    if "cause" not in document:
        return None
    [exception] = document["cause"]["exceptions"]
    assert not exception.get("message")
    kind: str = exception["type"]
    return kind
