"""terraform/modules/service_files reports the same problems as tools/monorepo, in the same words."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.service_files import CASES, OTHER, RIGHT

TERRAFORM = Path(__file__).parents[2] / "terraform"
MODULE = TERRAFORM / "modules" / "service_files"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a root that calls the module with the files and settings of one run."""
    folder = tmp_path_factory.mktemp("root")
    configuration = {
        "variable": {"files": {"type": "map(string)"}, "settings": {"type": "any", "default": {}}},
        "module": {"it": {"source": str(MODULE), "files": "${var.files}", "settings": "${var.settings}"}},
        "output": {"services": {"value": "${module.it.services}"}},
    }
    (folder / "main.tf.json").write_text(json.dumps(configuration))
    assert terraform(folder, "init").returncode == 0
    return folder


def terraform(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["terraform", *arguments, "-no-color"],  # noqa: S607 - the one on PATH
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def applied(root: Path, files: Mapping[str, str], settings: Mapping[str, Any]) -> subprocess.CompletedProcess[str]:
    values = root / "values.json"
    values.write_text(json.dumps({"files": files, "settings": settings}))
    return terraform(root, "apply", "-auto-approve", f"-var-file={values}")


def error_of(root: Path, files: Mapping[str, str], settings: Mapping[str, Any]) -> str:
    """Apply the files, and return Terraform's error as one line."""
    finished = applied(root, files, settings)
    assert finished.returncode == 1, finished.stdout
    return " ".join(finished.stderr.replace("│", " ").split())


@pytest.fixture(scope="module")
def problems(tmp_path_factory: pytest.TempPathFactory) -> list[list[str]]:
    """Return the problems of every case from one run. This copy of the module returns them and does not fail."""
    folder = tmp_path_factory.mktemp("cases")
    shutil.copytree(MODULE, folder / "service_files")
    (folder / "service_files" / "outputs.tf").write_text('output "problems" {\n  value = local.problems\n}\n')
    configuration = {
        "variable": {"cases": {"type": "list(map(string))"}},
        "module": {
            "case": {
                "count": "${length(var.cases)}",
                "source": "./service_files",
                "files": "${var.cases[count.index]}",
            }
        },
        "output": {"problems": {"value": "${module.case[*].problems}"}},
    }
    (folder / "main.tf.json").write_text(json.dumps(configuration))
    (folder / "cases.auto.tfvars.json").write_text(json.dumps({"cases": [case.files for case in CASES]}))
    assert terraform(folder, "init").returncode == 0
    finished = terraform(folder, "apply", "-auto-approve")
    assert finished.returncode == 0, finished.stderr
    found: list[list[str]] = json.loads(terraform(folder, "output", "-json", "problems").stdout)
    return found


@pytest.mark.parametrize("number", range(len(CASES)), ids=[case.case for case in CASES])
def test_problems_of_service_files(problems: list[list[str]], number: int) -> None:
    assert problems[number] == CASES[number].problems


def test_problems_fail_the_plan(root: Path) -> None:
    error = error_of(root, {"films": RIGHT.replace("default: true", "secret: x"), "rooms": OTHER}, {})
    assert "services/films/service.yaml: unknown key secret: the keys are" in error
    assert "services/*/service.yaml: exactly one service must have default: true, found none" in error


def test_handler_without_service_file_fails_the_plan(tmp_path: Path) -> None:
    configuration = {
        "variable": {"name": {"default": "shop"}, "environment": {"default": "dev"}},
        "module": {"service_files": {"source": str(MODULE), "files": "${local.service_files}"}},
        "output": {"services": {"value": "${local.services}"}},
    }
    files = {
        "product.json": '{"name": "shop", "title": "Shop"}',
        "services/films/handler.py": "",
        "services/films/service.yaml": RIGHT,
        "services/rooms/handler.py": "",
        "services/rooms/service.yml": OTHER,
        "services/shared/notes.txt": "",
        "terraform/main.tf.json": json.dumps(configuration),
        "terraform/services.tf": (TERRAFORM / "services.tf").read_text(),
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    assert terraform(tmp_path / "terraform", "init").returncode == 0
    planned = terraform(tmp_path / "terraform", "plan")
    assert planned.returncode == 1
    assert "services/rooms: there is no service.yaml" in " ".join(planned.stderr.replace("│", " ").split())
    assert "shared" not in planned.stderr
    (tmp_path / "services/rooms/service.yaml").write_text(OTHER)
    assert terraform(tmp_path / "terraform", "plan").returncode == 0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"halls": {"OPEN": "true"}}, "settings: there is no service halls; services are films, rooms"),
        ({"films": {"SHUT": "true"}}, "settings: services/films/service.yaml declares no variable SHUT"),
        ({"rooms": {"OPEN": "true"}}, "settings: services/rooms/service.yaml declares no variable OPEN"),
    ],
)
def test_unknown_setting_is_rejected(root: Path, settings: dict[str, Any], message: str) -> None:
    assert message in error_of(root, {"films": RIGHT, "rooms": OTHER}, settings)


@pytest.mark.parametrize(("settings", "value"), [({}, "false"), ({"films": {"OPEN": "true"}}, "true")])
def test_setting_replaces_default(root: Path, settings: dict[str, Any], value: str) -> None:
    assert applied(root, {"films": RIGHT, "rooms": OTHER}, settings).returncode == 0
    found = json.loads(terraform(root, "output", "-json", "services").stdout)
    assert found["films"] == {
        "paths": ["/api/v1/films", "/films"],
        "default": True,
        "grants": {"films": ["dynamodb:GetItem"]},
        "secrets": ["jwt"],
        "scopes": ["films:admin"],
        "environment": {"OPEN": value},
    }
    assert found["rooms"]["environment"] == {}
