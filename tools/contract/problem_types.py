"""Every type of problem that a service sends."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from common.failures import Failure
from common.http import problems
from contract.documents import Document, operations


@dataclass
class ProblemType:
    """A type of problem.

    Attributes:
        code: The last part of its type URI.
        status: The status of the response.
        title: The type in words.
        meaning: What has happened.
        operations: The ids of the operations that declare it.
    """

    code: str
    status: int
    title: str
    meaning: str
    operations: list[str] = field(default_factory=list)


def problem_types(*found: Mapping[str, Document]) -> dict[str, ProblemType]:
    """Return each type that an operation declares or a failure of a service or of `common` defines, by its code.

    Each argument has the documents of the services under the same names.

    A kind of failure in `common.failures` is one only if an operation declares it, and another kind only if it has a
    code of its own: the others have only subclasses.
    """
    types: dict[str, ProblemType] = {}
    for operation, status, example in _examples(found):
        code = re.fullmatch(problems.type_uri("(.+)"), example["value"]["type"])
        if code:
            new = ProblemType(code[1], status, example["summary"], example["description"])
            types.setdefault(code[1], new).operations.append(operation)
    for failure in failures({"common", *(name for each in found for name in each)}):
        if failure.__module__ != Failure.__module__ and "code" in vars(failure):
            meaning = " ".join((failure.__doc__ or "").partition("\n\n")[0].split())
            new = ProblemType(failure.code, problems.status_of(failure).value, failure.title, meaning)
            types.setdefault(failure.code, new)
    return dict(sorted(types.items()))


def failures(packages: set[str], of: type[Failure] = Failure) -> Iterator[type[Failure]]:
    """Yield the subclasses of a failure that these packages define."""
    for kind in of.__subclasses__():
        if kind.__module__.partition(".")[0] in packages:
            yield kind
        yield from failures(packages, kind)


def _examples(found: Sequence[Mapping[str, Document]]) -> Iterator[tuple[str, int, dict[str, Any]]]:
    for document in (document for each in found for document in each.values()):
        for _, _, operation in operations(document):
            for status, response in operation["responses"].items():
                examples = response.get("content", {}).get(problems.MEDIA_TYPE, {}).get("examples", {})
                for example in examples.values():
                    yield operation["operationId"], int(status), example
