"""The folders of the embedded AWS import each other in one direction."""

import ast
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

LOCAL_AWS = Path(__file__).parents[2] / "tools" / "local_aws"
# Each AWS service's folder. Nothing above them, such as the page, is imported by a service.
SERVICES = (
    "acm",
    "apigateway",
    "autoscaling",
    "awslambda",
    "cloudwatch",
    "codedeploy",
    "dynamodb",
    "ecr",
    "iam",
    "logs",
    "s3",
    "secretsmanager",
    "servicequotas",
    "sns",
    "xray",
)
ABOVE = ("commands", "comparison", "control_plane", "data_plane", "faults", "page", "terraform")


@cache
def parts(folder: Path) -> dict[str, set[str]]:
    """Return the other parts that each part (a folder or a top-level module) imports."""
    found: dict[str, set[str]] = {}
    for file in folder.rglob("*.py"):
        part = file.relative_to(folder).parts[0].removesuffix(".py")
        found.setdefault(part, set()).update(imported(file) - {part, ""})
    return found


def imported(file: Path) -> set[str]:
    """Return the parts of `local_aws` that a file imports, also within functions and only for types."""
    modules: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "local_aws":
            modules.update(f"local_aws.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            modules.add(str(node.module))
    return {module.split(".")[1] for module in modules if module.startswith("local_aws.")}


def test_parts_have_no_import_cycle() -> None:
    TopologicalSorter(parts(LOCAL_AWS)).prepare()  # Raises CycleError, which names the parts of a cycle.


def test_model_imports_no_other_part() -> None:
    assert parts(LOCAL_AWS)["model"] == set()


@pytest.mark.parametrize("service", SERVICES)
def test_service_imports_no_higher_part(service: str) -> None:
    assert not parts(LOCAL_AWS)[service] & set(ABOVE)


def test_every_folder_is_in_the_order() -> None:
    folders = {path.name for path in LOCAL_AWS.iterdir() if (path / "__init__.py").exists()}
    assert folders == {"model", "clients", *SERVICES, *ABOVE}


def test_only_the_command_line_imports_commands() -> None:
    importing = {part for part, needed in parts(LOCAL_AWS).items() if "commands" in needed}
    assert importing == {"__main__", "comparison"}


def test_cycle_is_found(tmp_path: Path) -> None:
    for name, other in (("one", "two"), ("two", "one")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.py").write_text(f"def f():\n    from local_aws.{other} import a\n")
    assert parts(tmp_path) == {"one": {"two"}, "two": {"one"}}
