"""Texts of service.yaml, right and wrong, with what Python and Terraform alike say of them."""

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
    """Texts by service, and the problems that they have, one sentence each, in this order."""

    case: str
    files: Mapping[str, str]
    problems: list[str]


CASES = [Case(**case) for case in json.loads(Path(__file__).with_suffix(".json").read_text())]
