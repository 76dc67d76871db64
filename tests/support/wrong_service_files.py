"""Wrong service.yaml files, and the sentence by which Python and Terraform alike refuse each of them."""

from collections.abc import Mapping
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


class Wrong(NamedTuple):
    """Files by service, and what is said of them."""

    files: Mapping[str, str]
    says: str


def films(before: str, after: str) -> dict[str, str]:
    """The right file with one thing changed."""
    assert before in RIGHT
    return {"films": RIGHT.replace(before, after)}


FILMS = "services/films/service.yaml: "
ALL = "services/*/service.yaml: "
WRONG = {
    "not a mapping": Wrong({"films": RIGHT, "rooms": "- paths"}, "services/rooms/service.yaml: not a YAML mapping"),
    "not YAML": Wrong({"films": RIGHT, "rooms": "{"}, "services/rooms/service.yaml: not a YAML mapping"),
    "empty": Wrong({"films": RIGHT, "rooms": ""}, "services/rooms/service.yaml: not a YAML mapping"),
    "bad folder": Wrong(
        {"films": RIGHT, "Rooms": "paths: [/api/v1/Rooms]"},
        "services/Rooms/service.yaml: a service's folder has 2 to 20 lower-case letters, digits or underscores, a "
        "letter first",
    ),
    "unknown key": Wrong(
        films("secrets:", "secret:"),
        f"{FILMS}unknown key secret: the keys are paths, default, grants, secrets, scopes, environment",
    ),
    "default of another type": Wrong(films("default: true", "default: maybe"), f"{FILMS}default is true or false"),
    "no paths": Wrong(
        films("paths: [/api/v1/films, /films]\n", ""), f"{FILMS}paths is a list whose first path is /api/v1/films"
    ),
    "another address": Wrong(films("/api/v1/films, ", ""), f"{FILMS}paths is a list whose first path is /api/v1/films"),
    "slash at the end": Wrong(
        films(", /films]", ", /films/]"),
        f"{FILMS}path /films/ is not made of lower-case parts such as /api/v1/films, without a slash at its end",
    ),
    "path taken twice": Wrong(
        {"films": RIGHT, "rooms": "paths: [/api/v1/rooms, /films]"},
        f"{ALL}path /films belongs to one service only, not to films and rooms",
    ),
    "no default": Wrong(films("default: true\n", ""), f"{ALL}exactly one service has default: true, not none"),
    "two defaults": Wrong(
        {"films": RIGHT, "rooms": f"{OTHER}default: true"},
        f"{ALL}exactly one service has default: true, not films and rooms",
    ),
    "grants of another type": Wrong(
        films("{films: [dynamodb:GetItem]}", "[dynamodb:GetItem]"), f"{FILMS}grants maps tables to lists of actions"
    ),
    "grants for an unknown table": Wrong(
        films("{films: [", "{rooms: ["), f"{FILMS}grants name the table rooms, but no service has that name"
    ),
    "a wildcard": Wrong(
        films("dynamodb:GetItem", "'dynamodb:*'"),
        f"{FILMS}grant dynamodb:* is not one exact DynamoDB action such as dynamodb:GetItem",
    ),
    "another AWS service": Wrong(
        films("dynamodb:GetItem", "'s3:GetObject'"),
        f"{FILMS}grant s3:GetObject is not one exact DynamoDB action such as dynamodb:GetItem",
    ),
    "a Scan": Wrong(
        films("dynamodb:GetItem", "dynamodb:Scan"),
        f"{FILMS}grant dynamodb:Scan reads the whole table on every call: add an index to table.json and grant "
        "dynamodb:Query",
    ),
    "secrets of another type": Wrong(films("[jwt]", "jwt"), f"{FILMS}secrets is a list of names"),
    "a secret's name": Wrong(
        films("[jwt]", "[JWT]"), f"{FILMS}secret JWT has other characters than lower-case letters and digits"
    ),
    "another service's scope": Wrong(
        films("films:admin", "rooms:admin"),
        f"{FILMS}scope rooms:admin is not films: and lower-case letters, such as films:admin",
    ),
    "variables of another type": Wrong(
        {"films": RIGHT.partition("environment:")[0] + "environment: [OPEN]"},
        f"{FILMS}environment maps variables to description, default and local",
    ),
    "a lower-case variable": Wrong(
        films("OPEN:", "open:"),
        f"{FILMS}variable open has other characters than upper-case letters, digits and underscores",
    ),
    "a variable of every service": Wrong(
        films("OPEN:", "TABLE_NAME:"), f"{FILMS}variable TABLE_NAME is set for every service: choose another name"
    ),
    "a variable without a local value": Wrong(
        films(', local: "true"', ""),
        f"{FILMS}variable OPEN has description, default and local, all of them texts in quotes",
    ),
    "a variable that is no text": Wrong(
        films('"false"', "false"),
        f"{FILMS}variable OPEN has description, default and local, all of them texts in quotes",
    ),
}
