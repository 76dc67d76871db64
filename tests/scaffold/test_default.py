"""A service.yaml becomes that of the default service without losing a comment."""

import pytest

from scaffold.remove_service import with_default


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("paths: [/a]\n", "paths: [/a]\ndefault: true\n"),
        ("paths: [/a]\n\n", "paths: [/a]\ndefault: true\n"),
        ("paths: [/a]\ndefault: false  # why\n# more\n", "paths: [/a]\ndefault: true  # why\n# more\n"),
        ("# default: no\npaths: [/a]\n", "# default: no\npaths: [/a]\ndefault: true\n"),
        (
            "paths: [/a]\nenvironment:\n  A: {default: 'x'}\n",
            "paths: [/a]\nenvironment:\n  A: {default: 'x'}\ndefault: true\n",
        ),
    ],
)
def test_service_becomes_the_default(before: str, after: str) -> None:
    assert with_default(before) == after
