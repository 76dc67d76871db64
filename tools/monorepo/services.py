"""Reads the services of this repository from their services/<name>/service.yaml.

terraform/modules/service_files has the same rules; tests/support/service_files.json tests both.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).parents[2]
KEYS: Final = ("paths", "default", "grants", "secrets", "scopes", "environment")
NAME: Final = re.compile(r"[a-z][a-z0-9_]{1,19}")
RESERVED_NAMES: Final = ("api", "common", "backup", "codedeploy", "deploy", "plan")
PATH: Final = re.compile(r"(/[a-z0-9][a-z0-9._-]*)+")
ACTION: Final = re.compile(r"dynamodb:[A-Z][A-Za-z]+")
SECRET: Final = re.compile(r"[a-z][a-z0-9]*")
VARIABLE: Final = re.compile(r"[A-Z][A-Z0-9_]*")
# Terraform and Lambda set these for every function.
RESERVED: Final = re.compile(
    r"AWS_.*|POWERTOOLS_.*|LAMBDA_.*|_.*|.*_SECRET_ID"
    r"|ENVIRONMENT|HSTS_SECONDS|ISSUER|JWT_AUDIENCE|JWT_ISSUER|LIST_SHARDS|LOG_LEVEL|SERVICES|TABLE_NAME|TRACING"
    r"|TZ|PATH|LANG"
)


class ServiceFileError(ValueError):
    """A service.yaml is missing or not valid; each line of the message says what must be changed."""


@dataclass(frozen=True, slots=True)
class Variable:
    """An environment variable that one service declares.

    Attributes:
        description: The meaning of the variable.
        default: Its value in AWS, unless Terraform's variable `settings` sets another one.
        local: Its value under `make dev` and `make up`.
    """

    description: str
    default: str
    local: str


@dataclass(frozen=True, slots=True)
class Service:
    """The content of a service.yaml.

    Attributes:
        name: Name of its folder and Python package.
        folder: `services/<name>`.
        paths: Each path and everything below it is routed to the service; the first one is its address.
        default: Whether it gets every path that no service names.
        grants: Table => DynamoDB actions that its role may call on it.
        secrets: Secrets that its role may read.
        scopes: Scopes that it defines.
        environment: The environment variables that it declares.
    """

    name: str
    folder: Path
    paths: tuple[str, ...]
    default: bool
    grants: Mapping[str, tuple[str, ...]]
    secrets: tuple[str, ...]
    scopes: tuple[str, ...]
    environment: Mapping[str, Variable]


def services(root: Path = ROOT) -> list[Service]:
    """Return the services of the repository in `root`, by name.

    Raises:
        ServiceFileError: At least one service.yaml is missing or not valid.
    """
    folders = {path.parent for file in ("service.yaml", "handler.py") for path in root.glob(f"services/*/{file}")}
    files = {folder.name: folder / "service.yaml" for folder in folders}
    return list(parsed({name: file.read_text() if file.is_file() else None for name, file in files.items()}, root))


def default_service(root: Path = ROOT) -> Service:
    """Return the service that gets every path that no service names.

    Raises:
        ServiceFileError: At least one service.yaml is missing or not valid.
    """
    return next(service for service in services(root) if service.default)


def parsed(files: Mapping[str, str | None], root: Path = ROOT) -> Iterator[Service]:
    """Return the services that these texts describe, by name.

    Args:
        files: Service => text of its service.yaml, or None if its folder has a handler.py but no service.yaml.
        root: The repository that contains the services' folders.

    Raises:
        ServiceFileError: At least one text is missing or not valid.
    """
    missing = sorted(name for name, text in files.items() if text is None)
    decoded = {name: _decoded(text) for name, text in sorted(files.items()) if text is not None}
    if problems := list(_problems(decoded, missing)):
        raise ServiceFileError("\n".join(problems))
    return (_service(name, document, root) for name, document in decoded.items())


def _decoded(text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return None


def _service(name: str, document: dict[str, Any], root: Path) -> Service:
    return Service(
        name=name,
        folder=root / "services" / name,
        paths=tuple(document["paths"]),
        default=document.get("default", False),
        grants={table: tuple(actions) for table, actions in document.get("grants", {}).items()},
        secrets=tuple(document.get("secrets", ())),
        scopes=tuple(document.get("scopes", ())),
        environment={variable: Variable(**value) for variable, value in document.get("environment", {}).items()},
    )


def _problems(documents: Mapping[str, Any], missing: Collection[str]) -> Iterator[str]:
    yield from map(_missing_problem, missing)
    maps = {name: document for name, document in documents.items() if isinstance(document, dict)}
    for name in documents:
        if name not in maps:
            yield f"services/{name}/service.yaml: the file must be a YAML mapping"
    for name, document in maps.items():
        for problem in _problems_of(name, document, {*documents, *missing}):
            yield f"services/{name}/service.yaml: {problem}"
    owners: dict[str, list[str]] = {}
    for name, document in maps.items():
        for path in _texts(document.get("paths")) or ():
            owners.setdefault(path, []).append(name)
    for path, names in sorted(owners.items()):
        if len(names) > 1:
            yield f"services/*/service.yaml: path {path} must belong to one service only, not to {' and '.join(names)}"
    yield from _problems_of_plain_names({*documents, *missing})
    defaults = [name for name, document in maps.items() if document.get("default") is True]
    if len(defaults) != 1:
        found = " and ".join(defaults) or "none"
        yield f"services/*/service.yaml: exactly one service must have default: true, found {found}"


def _problems_of_plain_names(names: Collection[str]) -> Iterator[str]:
    """Yield a problem for names that a policy's statements, which are named without underscores, would share."""
    shared: dict[str, list[str]] = {}
    for name in sorted(names):
        shared.setdefault(name.replace("_", ""), []).append(name)
    for _, same in sorted(shared.items()):
        if len(same) > 1:
            yield (
                f"services/*: {' and '.join(same)} differ in underscores only, so their statements in a role's policy "
                "would have one name: rename one of them"
            )


def _missing_problem(name: str) -> str:
    return f"services/{name}: there is no service.yaml: a folder with a handler.py is a service and must have one"


def _problems_of(name: str, document: Mapping[str, Any], tables: set[str]) -> Iterator[str]:
    if not NAME.fullmatch(name):
        yield "a service's folder must have 2 to 20 lower-case letters, digits or underscores, a letter first"
    if name in RESERVED_NAMES:
        yield (
            "a service cannot be called api (whose alarms have that name), common (the layer), "
            "or backup, codedeploy, deploy or plan (roles have these names)"
        )
    for key in sorted(map(str, document)):
        if key not in KEYS:
            yield f"unknown key {key}: the keys are {', '.join(KEYS)}"
    if not isinstance(document.get("default", False), bool):
        yield "default must be true or false"
    yield from _problems_of_paths(name, document)
    yield from _problems_of_grants(document, tables)
    yield from _problems_of_names(document, "secrets", "names", SECRET, _secret_problem)
    yield from _problems_of_names(
        document, "scopes", "scopes", re.compile(rf"{name}:[a-z][a-z_]*"), _scope_problem(name)
    )
    yield from _problems_of_environment(document)


def _problems_of_paths(name: str, document: Mapping[str, Any]) -> Iterator[str]:
    paths = _texts(document.get("paths")) or []
    if paths[:1] != [f"/api/v1/{name}"]:
        yield f"paths must be a list whose first path is /api/v1/{name}"
    for path in paths:
        if not PATH.fullmatch(path):
            yield f"path {path} must have lower-case parts such as /api/v1/{name}, without a trailing slash"


def _problems_of_grants(document: Mapping[str, Any], tables: set[str]) -> Iterator[str]:
    grants = document.get("grants", {})
    if not isinstance(grants, dict) or any(_texts(actions) is None for actions in grants.values()):
        yield "grants must map tables to lists of actions"
        return
    for table in sorted(grants):
        if table not in tables:
            yield f"grants name the table {table}, but no service has that name"
    actions = {action for actions in grants.values() for action in actions}
    for action in sorted(actions):
        if not ACTION.fullmatch(action):
            yield f"grant {action} must be one exact DynamoDB action such as dynamodb:GetItem"
    if "dynamodb:Scan" in actions:
        yield (
            "grant dynamodb:Scan reads the whole table on every call: add an index to table.json and grant "
            "dynamodb:Query"
        )


def _problems_of_names(
    document: Mapping[str, Any], key: str, called: str, pattern: re.Pattern[str], problem: Callable[[str], str]
) -> Iterator[str]:
    names = _texts(document.get(key, []))
    if names is None:
        yield f"{key} must be a list of {called}"
    for name in names or ():
        if not pattern.fullmatch(name):
            yield problem(name)


def _secret_problem(secret: str) -> str:
    return f"secret {secret} must have lower-case letters and digits only"


def _scope_problem(service: str) -> Callable[[str], str]:
    return lambda scope: f"scope {scope} must be {service}: and lower-case letters, such as {service}:admin"


def _problems_of_environment(document: Mapping[str, Any]) -> Iterator[str]:
    environment = document.get("environment", {})
    if not isinstance(environment, dict):
        yield "environment must map variables to description, default and local"
        return
    for variable in sorted(environment):
        if not VARIABLE.fullmatch(variable):
            yield f"variable {variable} must have upper-case letters, digits and underscores only"
    for variable in sorted(environment):
        if RESERVED.fullmatch(variable):
            yield f"variable {variable} is set for every service: choose another name"
    for variable, value in sorted(environment.items()):
        is_whole = isinstance(value, dict) and set(value) == {"description", "default", "local"}
        if not is_whole or not all(isinstance(text, str) for text in value.values()):
            yield f"variable {variable} must have description, default and local, all of them strings in quotes"


def _texts(value: object) -> list[str] | None:
    """Return the value if it is a list of strings, else None."""
    return value if isinstance(value, list) and all(isinstance(text, str) for text in value) else None
