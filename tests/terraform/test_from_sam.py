"""docs/from-sam.md names the values that Terraform applies."""

import re

import pytest

from local_aws.terraform.stack import Stack
from monorepo.product import product
from tests.support.applied_stack import Applied
from tests.support.makefiles import makefiles
from tests.support.services import ALL, PREFIX, REGION, ROOT
from tests.terraform.from_sam import PAGE, Row, applied_values, rows, shown

NAMES = {
    "<prefix>": PREFIX,
    "<title>/<environment>": f"{product().title}/dev",
    "<region>": REGION,
    "<account>": "123456789012",
}
ATTRIBUTES = [row for row in rows() if row.attribute.startswith("module.")]


@pytest.mark.parametrize("row", ATTRIBUTES, ids=lambda row: f"{row.theirs} {row.attribute}".replace("`", ""))
def test_value_is_the_applied_one(applied: Applied, repositories: Stack, row: Row) -> None:
    stack = repositories if row.attribute.startswith("module.ecr.") else applied.stack
    found = dict(applied_values(stack.state.read(), row.attribute, NAMES))
    assert {shown(value) for value in found.values()} == {row.value}
    if row.attribute.startswith("module.service."):
        assert len(found) == len(ALL)


def test_every_row_names_an_attribute_or_a_file() -> None:
    assert len(ATTRIBUTES) > 40
    others = [row.attribute for row in rows() if row not in ATTRIBUTES]
    assert others
    assert [name for name in others if not (ROOT / name).is_file()] == []


def test_named_variables_and_targets_exist() -> None:
    text = PAGE.read_text(encoding="utf-8")
    files = (*(ROOT / "terraform").glob("*.tf"), ROOT / "terraform/modules/ecr/variables.tf")
    variables = "".join(path.read_text(encoding="utf-8") for path in files)
    chosen = set(re.findall(r"`(\w+)`\.? \|$", text, re.MULTILINE))
    assert {"sizing", "packages"} < chosen
    assert [name for name in sorted(chosen) if f'variable "{name}"' not in variables] == []
    targets = set(re.findall(r"`make ([a-z-]+)", text))
    assert [name for name in sorted(targets) if f"\n{name}:" not in makefiles()] == []
