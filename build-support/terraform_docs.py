"""Write each Terraform module's README.md from its files, in the form of terraform-docs.

`build-support/terraform_docs.py` writes them; with `--check` it fails if one is not current. It reads files in the
style of `terraform fmt`: blocks begin in the first column, attributes after two spaces.
"""

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
TERRAFORM: Final = ROOT / "terraform"
BLOCK: Final = re.compile(
    r'^(?P<kind>[a-z]+)(?: "(?P<type>[^"]+)")?(?: "(?P<name>[^"]+)")? \{\n(?P<body>.*?)^\}$', re.MULTILINE | re.DOTALL
)
ATTRIBUTE: Final = re.compile(r"^  (?P<name>[a-z_]+) += (?P<value>.*?)(?=^  [a-z#]|^\n|\Z)", re.MULTILINE | re.DOTALL)
HEREDOC: Final = re.compile(r"<<-(\w+)\n(.*)^ *\1$", re.MULTILINE | re.DOTALL)
VERSION: Final = re.compile(r'^    (\w+) = \{.*?version = "([^"]+)"', re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """A block of the first column, with the text of its attributes."""

    kind: str
    type: str
    name: str
    attributes: dict[str, str]
    body: str

    def text(self, name: str) -> str:
        """Return a text attribute in one line, ready for a cell of a table."""
        value = self.attributes.get(name, "")
        heredoc = HEREDOC.search(value)
        text = heredoc[2] if heredoc else value.strip().strip('"').replace('\\"', '"')
        return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def modules() -> list[Path]:
    """Return the folders that have a README: every module, and the root for an account."""
    return [*sorted(path.parent for path in TERRAFORM.glob("modules/*/versions.tf")), TERRAFORM / "bootstrap"]


def readme(folder: Path) -> str:
    """Return the text of the README of the module in this folder."""
    blocks = list(_blocks(folder))
    parts = [f"# {folder.name}", _about(folder), *_example(folder), "<!-- BEGIN_TF_DOCS -->", *_sections(blocks)]
    return "\n\n".join([*parts, "<!-- END_TF_DOCS -->"]) + "\n"


def _blocks(folder: Path) -> Iterator[Block]:
    for file in sorted(folder.glob("*.tf")):
        for found in BLOCK.finditer(file.read_text(encoding="utf-8")):
            attributes = {one["name"]: one["value"].rstrip() for one in ATTRIBUTE.finditer(found["body"])}
            yield Block(found["kind"], found["type"] or "", found["name"] or "", attributes, found["body"])


def _about(folder: Path) -> str:
    """Return the comment at the top of main.tf as a paragraph."""
    lines = (folder / "main.tf").read_text(encoding="utf-8").splitlines()
    comment = []
    for line in lines:
        if not line.startswith("#"):
            break
        comment.append(line.removeprefix("#").strip())
    return " ".join(comment)


def _example(folder: Path) -> Iterator[str]:
    for file in sorted(folder.glob("examples/*/main.tf")):
        yield f"## Example\n\n[{file.relative_to(folder)}]({file.relative_to(folder)}):"
        yield f"```hcl\n{file.read_text(encoding='utf-8').rstrip()}\n```"


def _sections(blocks: list[Block]) -> Iterator[str]:
    for block in blocks:
        if block.kind == "terraform" and "required_version" in block.attributes:
            rows: list[tuple[str, ...]] = [("terraform", block.text("required_version")), *VERSION.findall(block.body)]
            yield "## Requirements\n\n" + _table(("Name", "Version"), rows)
    if calls := [(block.type, block.text("source")) for block in blocks if block.kind == "module"]:
        yield "## Modules\n\n" + _table(("Name", "Source"), calls)
    kinds = {"resource": "resource", "data": "data source", "ephemeral": "ephemeral resource"}
    if resources := sorted((f"{one.type}.{one.name}", kinds[one.kind]) for one in blocks if one.kind in kinds):
        yield "## Resources\n\n" + _table(("Name", "Type"), resources)
    inputs = sorted((block for block in blocks if block.kind == "variable"), key=lambda block: block.type)
    if inputs:
        head = ("Name", "Description", "Type", "Default", "Required")
        yield "## Inputs\n\n" + _table(head, [_input(block) for block in inputs])
    outputs = sorted((block.type, block.text("description")) for block in blocks if block.kind == "output")
    if outputs:
        yield "## Outputs\n\n" + _table(("Name", "Description"), outputs)


def _input(block: Block) -> tuple[str, ...]:
    default = block.attributes.get("default")
    return (
        block.type,
        block.text("description"),
        _code(block.attributes["type"]),
        "n/a" if default is None else _code(default),
        "yes" if default is None else "no",
    )


def _code(value: str) -> str:
    """Return an expression as code in a cell. Lines would end the row, so they are joined with commas."""
    lines = [line.strip() for line in value.strip().splitlines()]
    text = " ".join(line if line.endswith(("(", "{", "[")) else f"{line}," for line in lines).rstrip(",")
    for end in ("}", ")", "]"):
        text = text.replace(f", {end}", f" {end}")
    return f"`{re.sub(r' +', ' ', text)}`"


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main(arguments: list[str]) -> None:
    """Write every README, or exit with the names of those that are not current."""
    texts = {folder / "README.md": readme(folder) for folder in modules()}
    old = [path for path, text in texts.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if arguments == ["--check"]:
        if old:
            names = ", ".join(str(path.relative_to(ROOT)) for path in old)
            sys.exit(f"{names}: not current. Run `make terraform-docs`.")
        return
    for path in old:
        path.write_text(texts[path], encoding="utf-8")
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    main(sys.argv[1:])
