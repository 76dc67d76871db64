"""The periods that docs/retention.md states are the defaults of the Terraform root."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "retention.md").read_text()
ROOT_MODULE = "\n".join(file.read_text() for file in sorted((ROOT / "terraform").glob("*.tf")))
STATED = sorted(set(re.findall(r"`([a-z_.]+)` \((\d+)\)", PAGE)))


def default_of(name: str) -> str:
    """Return the default of a root variable, or of an attribute of it such as `backup.keep_days`."""
    variable, _, attribute = name.partition(".")
    block = re.search(rf'^variable "{variable}" \{{\n(.*?)^\}}$', ROOT_MODULE, re.MULTILINE | re.DOTALL)
    assert block, variable
    pattern = rf"^    {attribute} += optional\(number, (\d+)\)$" if attribute else r"^  default += (\d+)$"
    found = re.search(pattern, block[1], re.MULTILINE)
    assert found, name
    return found[1]


def test_page_states_every_period_that_can_be_chosen() -> None:
    assert {name for name, _ in STATED} == {"log_retention_days", "backup.keep_days"}


@pytest.mark.parametrize(("name", "days"), STATED)
def test_stated_period_is_the_default(name: str, days: str) -> None:
    assert default_of(name) == days


def test_page_states_the_retention_of_prod() -> None:
    shipped = re.search(
        r"^log_retention_days = (\d+)$", (ROOT / "terraform/environments/prod.tfvars").read_text(), re.MULTILINE
    )
    assert shipped
    assert f"{shipped[1]} days in prod as shipped (`log_retention_days` in `prod.tfvars`)" in PAGE


def test_secrets_can_be_restored_for_as_long_as_stated() -> None:
    found = re.search(r"recovery_window_days = var\.deletion_protection \? (\d+) : (\d+)", ROOT_MODULE)
    assert found
    assert f"{found[1]} days with `deletion_protection`, else {found[2]}" in PAGE
    assert re.search(r'variable "deletion_protection" \{.*?default +?= true', ROOT_MODULE, re.DOTALL)


def test_no_table_has_a_stream() -> None:
    table = (ROOT / "terraform/modules/dynamodb_table/main.tf").read_text()
    assert "stream_enabled" not in table
    assert "recovery_period_in_days" not in table  # AWS's default, 35 days
