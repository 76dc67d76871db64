"""The rows of docs/from-sam.md, and the values that Terraform's state has for them."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from tests.support.services import ROOT

PAGE = ROOT / "docs" / "from-sam.md"
# `module.service.aws_lambda_function.this.timeout`: modules, type and name of a resource, and a path in its attributes.
_ADDRESS = re.compile(r"(?P<modules>(?:module\.\w+\.)*)(?P<type>aws_\w+)\.(?P<name>\w+)\.(?P<path>\S+)")
_KEY = re.compile(r"\[[^\]]+\]")


class Row(NamedTuple):
    """A row: what the other tutorial writes, the attribute here, and its value on the page."""

    theirs: str
    attribute: str
    value: str


def rows() -> list[Row]:
    """Return the rows of the tables whose second column is an attribute or a file."""
    found = []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.replace("\\|", "/").strip("|").split("|")]
        if line.startswith("|") and len(cells) == 4 and cells[1] not in {"Terraform here", "---"}:
            found.append(Row(cells[0], cells[1].strip("`"), cells[2].strip("`")))
    return found


def applied_values(state: Mapping[str, Any], attribute: str, names: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    """Return what `attribute` is called, and its value, in each instance of its resource in the state.

    `names` are placeholders => their text, by which texts are replaced.
    """
    address = _ADDRESS.fullmatch(attribute)
    assert address, attribute
    for resource in state["resources"]:
        module = f"{resource['module']}." if "module" in resource else ""
        if (_KEY.sub("", module), resource["type"], resource["name"]) == address.group("modules", "type", "name"):
            for instance in resource["instances"]:
                keys = {f"<{kind}>": key for kind, key in re.findall(r'module\.(\w+)\["([^"]+)"\]', module)}
                value = _at(instance["attributes"], address["path"])
                yield f"{module}{address['path']}", _with_placeholders(value, {**names, **keys})


def _at(value: Any, path: str) -> Any:
    """Return the part of a value at a path such as `policy.Statement[SendTraces].Action`; texts on it are JSON."""
    for name, index in re.findall(r"(\w+)(?:\[(\w+)\])?", path):
        value = (json.loads(value) if isinstance(value, str) else value)[name]
        if index.isdecimal():
            value = value[int(index)]
        elif index:
            [value] = [statement for statement in value if statement["Sid"] == index]
    return value


def _with_placeholders(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return sorted(_with_placeholders(item, names) for item in value)
    if not isinstance(value, str):
        return value
    for placeholder, text in sorted(names.items(), key=lambda pair: -len(pair[1])):
        value = re.sub(rf"(?<![a-z0-9]){re.escape(text)}(?![a-z0-9])", placeholder, value)
    return value


def shown(value: Any) -> str:
    """Return a value as the page writes it."""
    return value if isinstance(value, str) and value else json.dumps(value)
