"""What makes packaging package a zip again; Pants is a script here, which zips the folders as they are."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.build_support.repository import Repository, sha256
from tests.build_support.scripts import load

package_zips = load("package_zips.py")
finish_zips = load("finish_zips.py")

# Writes what Pants would, and notes for which targets it was asked; `meanwhile` happens while it runs.
PANTS = """#!{python}
import subprocess, sys, zipfile
from pathlib import Path

folder, *targets = sys.argv[1:]
Path("asked").open("a").write(" ".join(targets) + "\\n")
if Path("meanwhile").exists():
    subprocess.run(["sh", "meanwhile"], check=True)
if "::" in targets:
    targets = ["libs/common:", *(f"{{path.parent}}:" for path in sorted(Path(".").glob("services/*/handler.py")))]
for target in targets:
    source = Path(target.removesuffix(":"))
    name = source.name
    with zipfile.ZipFile(Path(folder, "common-layer.zip" if name == "common" else f"{{name}}.zip"), "w") as zipped:
        for path in sorted(source.glob("*.py")):
            zipped.write(path, f"python/common/{{path.name}}" if name == "common" else f"{{name}}/{{path.name}}")
        for wheel in Path(".wheels/arm64").glob("*.whl") if name == "common" else ():
            with zipfile.ZipFile(wheel) as members:
                for member in members.namelist():
                    zipped.writestr(f"python/{{member}}", members.read(member))
"""
ALL = "services/books: libs/common: services/users:"
EVERY = ["books.zip", "common-layer.zip", "users.zip"]
USERS = ["users.zip"]


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A repository whose Pants is a script."""
    made = Repository(tmp_path / "repository")
    shutil.rmtree(made.dist)
    write(made, "libs/common/__init__.py", "")
    for service in ("books", "users"):
        write(made, f"services/{service}/__init__.py", "")
        write(made, f"services/{service}/handler.py", "def handler(event, context): ...\n")
        write(made, f"services/{service}/BUILD", "python_sources()\n")
    pants = made.root / "build-support/package-targets"
    pants.write_text(PANTS.format(python=sys.executable))
    pants.chmod(0o755)
    return made


@pytest.fixture
def packaged(repository: Repository) -> Repository:
    """A repository that has been packaged once."""
    assert package(repository) == [ALL]
    return repository


def inputs(repository: Repository, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the fingerprint of each zip's inputs."""
    read = package_zips.read_inputs
    return {name: read(repository.root, name, "arm64", environment).fingerprint for name in EVERY}


def write(repository: Repository, path: str, text: str) -> None:
    (repository.root / path).parent.mkdir(parents=True, exist_ok=True)
    (repository.root / path).write_text(text)


def command(repository: Repository, *arguments: str, **settings: str) -> subprocess.Popen[str]:
    kept = {name: value for name, value in os.environ.items() if name != "LAMBDA_ARCH"}
    return subprocess.Popen(
        [sys.executable, str(repository.root / "build-support/package_zips.py"), *arguments],
        env={**kept, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def package(repository: Repository, *arguments: str, **settings: str) -> list[str]:
    """Package what has changed; return the targets of each call of Pants."""
    asked = repository.root / "asked"
    asked.unlink(missing_ok=True)
    with command(repository, *(arguments or ("--changed",)), **settings) as process:
        said = process.communicate(timeout=60)[0]
    assert process.returncode == 0, said
    return asked.read_text().splitlines() if asked.exists() else []


def test_nothing_is_packaged_again_when_nothing_changed(packaged: Repository) -> None:
    before = packaged.contents()
    assert package(packaged) == []
    assert packaged.contents() == before


@pytest.mark.parametrize(
    ("path", "zips"),
    [
        ("services/users/handler.py", USERS),
        ("services/users/tokens.py", USERS),
        ("services/users/deeper/tokens.py", USERS),
        ("services/users/table.json", USERS),
        ("services/users/.hidden.py", USERS),
        ("services/users/dist/tokens.py", USERS),
        ("services/users/BUILD", EVERY),
        ("services/BUILD", EVERY),
        ("libs/common/__init__.py", EVERY),
        ("libs/common/new.py", EVERY),
        ("libs/other/__init__.py", EVERY),
        ("3rdparty/python/runtime.lock", EVERY),
        ("3rdparty/python/default.lock", EVERY),
        ("3rdparty/python/requirements.txt", EVERY),
        ("3rdparty/python/BUILD", EVERY),
        ("build-support/lambda/py313_arm64.json", EVERY),
        ("build-support/package-targets", EVERY),
        ("BUILD", EVERY),
        ("BUILD.more", EVERY),
        ("tests/BUILD", EVERY),
        ("pants.toml", EVERY),
        ("pants.pypi.toml", EVERY),
        ("pyproject.toml", EVERY),
        (".pants.rc", EVERY),
        (".pants.bootstrap", EVERY),
        (".gitignore", EVERY),
        (".wheels/arm64/new-1-py3-none-any.whl", ["common-layer.zip"]),
        ("tools/users/__init__.py", EVERY),
        ("users.py", EVERY),
        ("README.md", []),
        ("tests/users/test_routes.py", []),
        ("tools/local_aws/up.py", []),
        ("services/users/__pycache__/handler.cpython-313.pyc", []),
        ("services/users/.cache/handler.py", []),
        ("dist/users.zip", []),
        (".wheels/x86_64/new-1-py3-none-any.whl", []),
    ],
)
def test_an_edit_changes_the_inputs_of_the_zips_that_it_may_reach(
    repository: Repository, path: str, zips: list[str]
) -> None:
    write(repository, "tools/local_aws/__init__.py", "")
    write(repository, "tests/__init__.py", "")
    before = inputs(repository)
    file = repository.root / path
    write(repository, path, (file.read_text() if file.exists() else "") + " ")
    assert [name for name, made_from in inputs(repository).items() if made_from != before[name]] == zips


@pytest.mark.parametrize("other", [{"PANTS_VERSION": "2.34.0"}, {"PATH": "/nowhere"}], ids=["setting", "program"])
def test_pants_and_its_settings_are_inputs(repository: Repository, tmp_path: Path, other: dict[str, str]) -> None:
    (tmp_path / "pants").touch(0o755)
    environment = {"PATH": str(tmp_path), "PANTS_VERSION": "2.33.0", "EDITOR": "vi"}
    before = inputs(repository, environment)
    assert inputs(repository, environment | {"EDITOR": "ed"}) == before
    assert not set(inputs(repository, environment | other).values()) & set(before.values())


@pytest.mark.parametrize("named", ["ci.toml", "['pants.more.toml', 'ci.toml']"])
def test_a_configuration_that_the_environment_names_is_an_input(repository: Repository, named: str) -> None:
    environment = os.environ | {"PANTS_CONFIG_FILES": named}
    write(repository, "ci.toml", "")
    before = inputs(repository, environment)
    write(repository, "ci.toml", "[GLOBAL]")
    assert not set(inputs(repository, environment).values()) & set(before.values())


def test_a_linked_file_is_what_it_holds(repository: Repository) -> None:
    (repository.root / "services/users/linked.py").symlink_to("../../README.md")
    write(repository, "README.md", "1")
    before = inputs(repository)
    assert inputs(repository) == before
    write(repository, "README.md", "2")
    assert inputs(repository)["users.zip"] != before["users.zip"]


def test_with_a_linked_folder_a_zip_is_always_packaged_again(repository: Repository) -> None:
    (repository.root / "services/users/linked").symlink_to("../../terraform")
    before = inputs(repository)
    assert [name for name, made_from in inputs(repository).items() if made_from != before[name]] == USERS


def test_architecture_and_python_are_inputs(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    read = package_zips.read_inputs
    before = read(repository.root, "users.zip", "arm64")
    assert read(repository.root, "users.zip", "x86_64").fingerprint != before.fingerprint
    monkeypatch.setattr(sys, "version", "3.13.99")
    assert read(repository.root, "users.zip", "arm64").fingerprint != before.fingerprint


def test_a_new_version_is_written_into_every_function(packaged: Repository) -> None:
    pyproject = packaged.root / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace("7.8.9", "7.9.0"))
    assert package(packaged) == [ALL]
    assert b"7.9.0+" in finish_zips.zipfile.ZipFile(packaged.dist / "users.zip").read("users/version.txt")


def test_after_an_edit_is_undone_the_first_zip_is_there_again(packaged: Repository) -> None:
    before = packaged.contents()
    write(packaged, "services/users/new.py", "NEW = 1\n")
    assert package(packaged) == ["services/users:"]
    (packaged.root / "services/users/new.py").unlink()
    assert package(packaged) == ["services/users:"]
    assert packaged.contents() == before


def test_a_renamed_file_is_packaged_under_its_new_name(packaged: Repository) -> None:
    write(packaged, "services/users/old.py", "SAME = 1\n")
    package(packaged)
    (packaged.root / "services/users/old.py").rename(packaged.root / "services/users/new.py")
    assert package(packaged) == ["services/users:"]
    names = finish_zips.zipfile.ZipFile(packaged.dist / "users.zip").namelist()
    assert "users/new.py" in names
    assert "users/old.py" not in names


def test_a_service_that_is_gone_leaves_no_zip(packaged: Repository) -> None:
    shutil.rmtree(packaged.root / "services/books")
    package(packaged)
    assert sorted(path.name for path in packaged.dist.glob("*.zip")) == ["common-layer.zip", "users.zip"]
    assert sorted(json.loads((packaged.dist / "manifest.json").read_text())) == ["common-layer.zip", "users.zip"]


def test_what_was_packaged_in_steps_is_what_a_full_packaging_makes(packaged: Repository) -> None:
    write(packaged, "services/users/new.py", "NEW = 1\n")
    package(packaged)
    write(packaged, "libs/common/new.py", "NEW = 1\n")
    package(packaged)
    assert package(packaged, "full") == ["::"]
    steps, full = (
        {name: sha256(folder / name) for name in package_zips.expected_zips(packaged.root)}
        for folder in (packaged.dist, packaged.root / "full")
    )
    assert steps == full


@pytest.mark.parametrize("spoilt", ["users.zip", "manifest.json", "inputs.json"])
@pytest.mark.parametrize("spoil", [Path.unlink, lambda path: path.write_bytes(path.read_bytes()[:-1])])
def test_what_is_damaged_or_lost_is_made_again(
    packaged: Repository, spoilt: str, spoil: Callable[[Path], None]
) -> None:
    before = packaged.contents()
    spoil(packaged.dist / spoilt)
    package(packaged)
    assert packaged.contents() == before


def test_a_zip_that_was_finished_again_by_hand_is_not_trusted(packaged: Repository) -> None:
    before = packaged.contents()
    shutil.copy(packaged.dist / "books.zip", packaged.dist / "users.zip")
    manifest = json.loads((packaged.dist / "manifest.json").read_text())
    (packaged.dist / "manifest.json").write_text(json.dumps(manifest | {"users.zip": manifest["books.zip"]}))
    assert package(packaged) == ["services/users:"]
    assert packaged.contents() == before


@pytest.mark.parametrize(
    "meanwhile",
    [
        "echo 'NEW = 1' > services/users/new.py",
        "echo '' > services/users/handler.py; cp kept services/users/handler.py",
    ],
    ids=["left", "undone"],
)
def test_what_is_edited_while_it_is_packaged_is_packaged_again(packaged: Repository, meanwhile: str) -> None:
    shutil.copy(packaged.root / "services/users/handler.py", packaged.root / "kept")
    write(packaged, "meanwhile", meanwhile)
    write(packaged, "services/users/first.py", "FIRST = 1\n")
    assert package(packaged) == ["services/users:"]
    (packaged.root / "meanwhile").unlink()
    assert package(packaged) == ["services/users:"]
    assert package(packaged) == []


def test_a_killed_packaging_changes_nothing_and_the_next_one_tidies_up(packaged: Repository) -> None:
    before = packaged.contents()
    write(packaged, "services/users/new.py", "NEW = 1\n")
    with stopped(packaged) as process:
        os.killpg(process.pid, signal.SIGKILL)
    left = {path.name for path in packaged.dist.iterdir()} - before.keys()
    assert [name.partition("-")[0] for name in left] == [".packaging"]
    assert {name: (packaged.dist / name).read_bytes() for name in before} == before
    (packaged.root / "meanwhile").unlink()
    assert package(packaged) == ["services/users:"]
    assert {path.name for path in packaged.dist.iterdir()} == before.keys()


def test_a_second_packaging_waits_for_the_first_and_says_so(packaged: Repository) -> None:
    write(packaged, "services/users/new.py", "NEW = 1\n")
    with stopped(packaged) as first:
        (packaged.root / "meanwhile").unlink()
        with command(packaged, "--changed") as second:
            assert second.stdout
            assert second.stdout.readline() == "package: waiting for another packaging into dist\n"
            (packaged.root / "go").write_text("on\n")
            assert first.wait(60) == 0
            assert second.wait(60) == 0
    assert (packaged.root / "asked").read_text().splitlines()[-1] == "services/users:"


def test_what_a_killed_packaging_left_running_is_waited_for(packaged: Repository) -> None:
    write(packaged, "services/users/new.py", "NEW = 1\n")
    with stopped(packaged) as first:
        (packaged.root / "meanwhile").unlink()
        first.kill()
        with command(packaged, "--changed") as second:
            assert second.stdout
            assert second.stdout.readline() == "package: waiting for another packaging into dist\n"
            (packaged.root / "go").write_text("on\n")
            assert second.wait(60) == 0


@contextmanager
def stopped(repository: Repository) -> Iterator[subprocess.Popen[str]]:
    """Package what has changed; Pants has begun, and goes on when something is written to the pipe `go`."""
    for name in ("begun", "go"):
        os.mkfifo(repository.root / name)
    write(repository, "meanwhile", "echo > begun; read line < go")
    with command(repository, "--changed") as process:
        try:
            (repository.root / "begun").read_text()
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def test_both_scripts_know_the_same_zips(repository: Repository) -> None:
    assert package_zips.expected_zips(repository.root) == finish_zips.expected_zips(repository.root) == EVERY
