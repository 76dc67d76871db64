"""Suites that need packaged zips or Chromium run only if the command line names them."""

from pathlib import Path

import pytest

TESTS = Path(__file__).parents[2]
# One process runs all of them, on one deployment.
DEPLOYED = frozenset(folder for folder in (TESTS / "e2e", *TESTS.glob("*/journeys")) if folder.is_dir())
# It needs Node.js as well, and a deployment of its own.
TYPESCRIPT = TESTS / "typescript"
NAMED_ONLY = frozenset(
    (
        *TESTS.glob("*/journeys"),
        *TESTS.glob("*/chromium"),
        TESTS / "conformance" / "faults",
        TESTS / "conformance" / "soak",
        TESTS / "production",
        TYPESCRIPT,
    )
)


def _named(config: pytest.Config) -> list[Path]:
    return [(config.invocation_params.dir / argument.partition("::")[0]).resolve() for argument in config.args]


def is_named(folder: Path, config: pytest.Config) -> bool:
    """Return whether the command line names the folder or something in it."""
    return any(path == folder or folder in path.parents for path in _named(config))


def may_run(folder: Path, config: pytest.Config) -> bool:
    """Return whether the run may collect tests in the folder."""
    if folder in NAMED_ONLY:
        return is_named(folder, config)
    return is_named(folder, config) or any(path in folder.parents for path in _named(config))
