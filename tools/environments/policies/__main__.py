"""Writes the policies from a deployment on the embedded AWS, for `make deploy-policy`."""

import tempfile
from pathlib import Path

from environments.policies.generation import FOLDER, write
from environments.policies.recording import record


def main() -> None:
    """Record a deployment, and write the policies that it needs."""
    with tempfile.TemporaryDirectory() as work:
        write(record(Path(work)))
    print(f"Written to {FOLDER}. `make bootstrap` gives them to the roles.")


if __name__ == "__main__":
    main()
