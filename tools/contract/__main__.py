"""`python -m contract write|show|release`, for `make openapi`, `make openapi-release` and the scaffold."""

import argparse
import json
import sys

from contract.files import generated, released
from monorepo.services import ROOT


def main(arguments: list[str]) -> None:
    """Write the documents, print them as JSON (path => text, null for a file to delete), or keep them as released."""
    parser = argparse.ArgumentParser(prog="contract", description="Write the OpenAPI documents and docs/problems.md.")
    parser.add_argument("command", choices=["write", "show", "release"])
    command = parser.parse_args(arguments).command
    files = released(ROOT) if command == "release" else generated(ROOT)
    if command == "show":
        json.dump(files, sys.stdout)
        return
    for path, text in files.items():
        if text is None:
            (ROOT / path).unlink()
        else:
            (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / path).write_text(text)


if __name__ == "__main__":
    main(sys.argv[1:])
