"""Valid, invalid and missing texts of service.yaml, with the problems that both Python and Terraform report."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

RIGHT = """\
paths: [/api/v1/films, /films]
default: true
grants: {films: [dynamodb:GetItem]}
secrets: [jwt]
scopes: [films:admin]
environment:
  OPEN: {description: Whether everyone may read., default: "false", local: "true"}
"""
OTHER = "paths: [/api/v1/rooms]\n"


class Case(NamedTuple):
    """Texts by service, and their problems in this order, one sentence each."""

    case: str
    files: Mapping[str, str | None]
    problems: list[str]


CASES = [Case(**case) for case in json.loads(Path(__file__).with_suffix(".json").read_text())]
