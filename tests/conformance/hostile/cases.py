"""The hostile cases, from the files in `cases/`.

A text in these files is a string, or a list of parts that are joined: strings, `{hex: ...}` (bytes) and
`{repeat: ..., times: ..., join: ...}`, where `#` is replaced by the number of the repetition.

A status is one or a list of those that are right, or `plain`: that of the operation's own request. It can depend on the
kind of the operation and of the place that is hostile: `{private: 401, public: plain}`, `{query integer: 422}`. See
`Sample.kinds` for the words.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

FOLDER: Final = Path(__file__).with_name("cases")
PLAIN: Final = "plain"

type Statuses = Mapping[frozenset[str], list[int | str]]
"""Statuses, or `PLAIN`, of requests that are of all these kinds."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A hostile change of a request.

    Attributes:
        group: The file that it is from.
        name: Unique in its group.
        statuses: The only ones that are right (none for a request: all that the operation declares).
        wire: Whether it can be sent over HTTP, rather than only occur in an event.
        method: Replaces the method.
        path: Replaces the path; `{path}`, `{PATH}` and `{encoded}` are the original one.
        query: Is appended to the query.
        headers: Replace those of the same names; None removes one.
        body: Replaces the body.
        form: Replaces the body by a form; `{form}` is the original one.
        encode: Encodes the original body, which is UTF-8, in another way.
        compress: Compresses the original body.
        value: JSON text for a field or a parameter.
    """

    group: str
    name: str
    statuses: Statuses
    wire: bool
    method: str | None
    path: str | None
    query: str | None
    headers: tuple[tuple[str, str | None], ...]
    body: bytes | None
    form: bytes | None
    encode: str | None
    compress: str | None
    value: str | None


def _bytes(parts: Any) -> bytes:
    match parts:
        case str():
            return parts.encode()
        case {"hex": digits}:
            return bytes.fromhex(str(digits))
        case {"repeat": text, "times": times, **more}:
            join = more.get("join", "")
            repeated = (text.replace("#", str(number)) for number in range(times))
            return str(join).join(repeated if "#" in text else [text] * times).encode()
        case list():
            return b"".join(map(_bytes, parts))
    raise TypeError(parts)


def _statuses(given: Any) -> Statuses:
    by_kinds = given if isinstance(given, dict) else {"": given}
    return {
        frozenset(kinds.split()): right if isinstance(right, list) else [right] for kinds, right in by_kinds.items()
    }


def _optional(parts: Any) -> str | None:
    return None if parts is None else _bytes(parts).decode()


def _case(group: str, given: Mapping[str, Any]) -> Case:
    more = dict(given)
    case = Case(
        group=group,
        name=more.pop("name"),
        statuses=_statuses(more.pop("status", {})),
        wire=more.pop("wire", True),
        method=_optional(more.pop("method", None)),
        path=_optional(more.pop("path", None)),
        query=_optional(more.pop("query", None)),
        headers=tuple((name, _optional(value)) for name, value in more.pop("headers", [])),
        body=_bytes(more.pop("body")) if "body" in more else None,
        form=_bytes(more.pop("form")) if "form" in more else None,
        encode=more.pop("encode", None),
        compress=more.pop("compress", None),
        value=_optional(more.pop("value", None)),
    )
    assert not more, f"{group}: {case.name}: {', '.join(more)}"
    return case


CASES: Final[dict[str, list[Case]]] = {
    path.stem: [_case(path.stem, given) for given in yaml.safe_load(path.read_text())]
    for path in sorted(FOLDER.glob("*.yaml"))
}
