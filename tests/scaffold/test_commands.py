"""The commands, run in a copy of this repository: rejected requests, and changed files.

The names are unusual, so that the tests also pass in a product with another name and other services.
"""

import os
from pathlib import Path

import pytest

from monorepo.product import product
from monorepo.services import services
from tests.scaffold.workshop import ROOT, Workshop

SERVICES = [service.name for service in services(ROOT)]
DEFAULT = next(service.name for service in services(ROOT) if service.default)
NEW = "quaggas"
PRODUCT = product(ROOT).name
OTHER_PRODUCT = ("--name", "zebrafish", "--domain", "zebrafish.example")
PAST = ("CHANGELOG.md", "LICENSE", "docs/decisions/")


@pytest.fixture
def workshop(with_new_service: Workshop) -> Workshop:
    """Return the copy that all tests share, with one additional service. Tests restore it."""
    return with_new_service


@pytest.fixture
def fresh(workshop: Workshop, tmp_path: Path) -> Workshop:
    """Return a copy with one additional service that a test may change."""
    return workshop.copy(tmp_path / "clone")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("new", "--name", "Reviews"), "is not a valid service name"),
        (("new", "--name", NEW), f"The service {NEW} already exists"),
        (("new", "--name", "common"), "libs/common exists"),
        (("new", "--name", "files"), "'files' is reserved: "),
        (("new", "--name", "staff"), "cannot be derived from 'staff'"),
        (("remove", "--name", "nothing"), "There is no service 'nothing'. Set NAME to one of"),
        (("remove", "--name", DEFAULT), f"{DEFAULT} is the default service: set DEFAULT="),
        (("remove", "--name", DEFAULT, "--default", DEFAULT), "set DEFAULT="),
        (("remove", "--name", NEW, "--default", DEFAULT), "leave DEFAULT= out"),
        (("rename", "--name", "Zebrafish", "--domain", "zebrafish.example"), "is not a valid product name"),
        (("rename", "--name", "zebrafish", "--domain", "zebrafish"), "is not a domain"),
        (("rename", "--name", "zebrafish", "--domain", "zebrafish..example"), "is not a domain"),
        (("rename", "--name", PRODUCT, "--domain", "zebrafish.example"), "is already called"),
        (("rename", "--name", "lambda", "--domain", "zebrafish.example"), "is already used in this repository"),
    ],
    ids=" ".join,
)
def test_invalid_request_is_rejected_and_changes_nothing(
    workshop: Workshop, arguments: tuple[str, ...], reason: str
) -> None:
    before = workshop.tree()
    done = workshop.scaffold(*arguments)
    assert done.returncode == 1
    assert reason in done.stdout
    assert len(done.stdout.splitlines()) == 1
    assert workshop.tree() == before


@pytest.mark.parametrize(
    "arguments",
    [("new", "--name", "lemurs"), ("remove", "--name", NEW), ("rename", *OTHER_PRODUCT)],
    ids=["new", "remove", "rename"],
)
def test_dirty_tree_is_rejected(workshop: Workshop, arguments: tuple[str, ...]) -> None:
    new = workshop.root / "new.txt"
    new.touch()
    try:
        done = workshop.scaffold(*arguments)
        assert (done.returncode, workshop.changed()) == (1, {"new.txt"})
        assert "The working tree is not clean (new.txt): commit or stash first, or pass ARGS=--dirty." in done.stdout
    finally:
        new.unlink()


def test_dirty_tree_is_accepted_on_request(fresh: Workshop) -> None:
    (fresh.root / "new.txt").touch()
    done = fresh.scaffold("remove", "--name", NEW, "--dirty")
    assert done.returncode == 0, done.stdout
    assert f"services/{NEW}/domain.py" in fresh.changed()


def cpu_seconds() -> float:
    """Return the CPU time of all processes that this one has started and that have ended."""
    times = os.times()
    return times.children_user + times.children_system


def test_new_service_changes_its_two_folders_and_generated_files_in_five_seconds_of_cpu(workshop: Workshop) -> None:
    before = workshop.tree()
    spent = cpu_seconds()
    done = workshop.scaffold("new", "--name", "lemurs")
    # Not by the clock, because other suites may run at the same time.
    assert cpu_seconds() - spent < 5
    assert done.returncode == 0, done.stdout
    changed = workshop.changed()
    documents = {f"docs/openapi/{name}.json" for name in ("api", "lemurs", "issuer/lemurs")}
    generated = {"docs/costs.md", "docs/problems.md", "docs/scale.md", *documents}
    folders = {"/".join(path.split("/")[:2]) for path in changed - generated}
    assert (changed & generated, folders) == (generated, {"services/lemurs", "tests/lemurs"})
    assert {line for line in done.stdout.splitlines() if line.startswith("written")} == {
        f"written {path}" for path in changed
    }
    assert "Next: make test-lemurs" in done.stdout
    workshop.commit()
    workshop.succeed("remove", "--name", "lemurs")
    assert workshop.tree() == before


@pytest.mark.parametrize(
    ("name", "entity"),
    [("lemurs", "Lemur"), ("okapis", "Okapi"), ("zz", "Aa"), ("telecommunications1", "Telecommunications123456")],
)
def test_new_service_is_formatted_and_linted(fresh: Workshop, name: str, entity: str) -> None:
    fresh.succeed("new", "--name", name, "--entity", entity)
    fresh.module("ruff", "format", "--check", f"services/{name}", f"tests/{name}")
    fresh.module("ruff", "check", f"services/{name}", f"tests/{name}")


@pytest.mark.parametrize("service", SERVICES)
def test_removed_service_is_deleted_and_one_default_remains(fresh: Workshop, service: str) -> None:
    fresh.succeed("remove", "--name", service, *(("--default", NEW) if service == DEFAULT else ()))
    assert service not in fresh.folders("services") | fresh.folders("tests")
    assert [each.name for each in services(fresh.root) if each.default] == [NEW if service == DEFAULT else DEFAULT]


def test_requirement_that_only_a_removed_service_uses_is_named(fresh: Workshop) -> None:
    (fresh.root / f"services/{NEW}/picture.py").write_text('"""Pictures."""\n\nimport zebrapictures\n')
    with (fresh.root / "3rdparty/python/requirements.txt").open("a") as file:
        file.write("zebrapictures>=1\n")
    fresh.commit()
    output = fresh.succeed("remove", "--name", NEW)
    hints = [line for line in output.splitlines() if line.startswith("no longer used")]
    assert hints == ["no longer used: zebrapictures in 3rdparty/python/requirements.txt; remove it, then run make lock"]


def test_code_that_cannot_be_imported_is_rejected_and_changes_nothing(fresh: Workshop) -> None:
    (fresh.root / f"services/{NEW}/app.py").write_text("import nothing_of_this_name\n")
    fresh.commit()
    before = fresh.tree()
    done = fresh.scaffold("new", "--name", "lemurs")
    assert done.returncode == 1
    assert "No module named 'nothing_of_this_name'" in done.stdout
    assert fresh.tree() == before


def test_released_document_of_a_removed_service_is_deleted(fresh: Workshop) -> None:
    fresh.module("contract", "release")
    fresh.commit()
    assert fresh.found(f'"/api/v1/{NEW}"') >= {f"docs/openapi/{NEW}.json", f"docs/openapi/released/{NEW}.json"}
    fresh.succeed("remove", "--name", NEW)
    assert fresh.found(f'"/api/v1/{NEW}"') == set()


def test_last_service_is_not_removed(fresh: Workshop) -> None:
    for service in SERVICES:
        fresh.succeed("remove", "--name", service, *(("--default", NEW) if service == DEFAULT else ()))
    done = fresh.scaffold("remove", "--name", NEW)
    assert done.returncode == 1
    assert f"{NEW} is the only service" in done.stdout


def test_service_with_a_table_in_use_is_not_removed(fresh: Workshop) -> None:
    path = fresh.root / f"services/{NEW}/service.yaml"
    path.write_text(path.read_text().replace("\n  quaggas:", f"\n  {DEFAULT}: [dynamodb:GetItem]\n  quaggas:"))
    done = fresh.scaffold("remove", "--name", DEFAULT, "--default", NEW, "--dirty")
    assert done.returncode == 1
    assert f"remove grants.{DEFAULT} from services/{NEW}/service.yaml first" in done.stdout


def test_renamed_product_has_only_its_new_name(fresh: Workshop) -> None:
    output = fresh.succeed("rename", *OTHER_PRODUCT)
    assert "left" not in output
    assert {path for path in fresh.found(PRODUCT) if not path.startswith(PAST)} == set()
    assert product(fresh.root).name == "zebrafish"
    fresh.module("ruff", "format", "--check", ".")
    fresh.module("ruff", "check", ".")


def test_product_can_be_renamed_again(fresh: Workshop) -> None:
    fresh.succeed("rename", *OTHER_PRODUCT)
    fresh.succeed("rename", "--name", "axolotl", "--domain", "axolotl.example")
    # The tests of renaming contain both names.
    assert {path for path in fresh.found("zebrafish") if not path.startswith("tests/scaffold/")} == set()
