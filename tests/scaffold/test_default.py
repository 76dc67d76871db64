"""A service.yaml is changed to that of the default service without losing a comment."""

import pytest
import yaml

from scaffold.remove_service import DEFAULT, with_default


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("paths: [/a]\n", f"paths: [/a]\n\n{DEFAULT}"),
        ("paths: [/a]\n\n\n", f"paths: [/a]\n\n{DEFAULT}"),
        ("paths: [/a]\ndefault: false  # why\n# more\n", "paths: [/a]\ndefault: true  # why\n# more\n"),
        ("# default: no\npaths: [/a]\n", f"# default: no\npaths: [/a]\n\n{DEFAULT}"),
        ("environment:\n  A: {default: 'x'}\n", f"environment:\n  A: {{default: 'x'}}\n\n{DEFAULT}"),
    ],
)
def test_service_becomes_the_default(before: str, after: str) -> None:
    assert with_default(before) == after
    assert yaml.safe_load(after)["default"] is True
