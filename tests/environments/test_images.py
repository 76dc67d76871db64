"""`make release-images`: which images are built, and how a release carries them. A script replaces Docker."""

import hashlib
import json
import os
import shutil
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest

from environments.account import Account, client
from environments.artefacts import publish
from environments.environment import Environment
from environments.images import build
from environments.problem import ProblemError
from environments.terraform import ROOT
from tests.support.fake_zips import make_zips

SERVICES = ("invoices", "orders")
# Each build has another digest, as with a newer base image.
DOCKER = f"""#!{sys.executable}
import json, os, secrets, sys
from pathlib import Path
log = Path(os.environ["DOCKER_LOG"])
with log.open("a") as lines:
    print(*sys.argv[1:], sys.stdin.read() if sys.argv[1] == "login" else "", file=lines)
if sys.argv[1] == os.environ.get("DOCKER_FAILS"):
    sys.exit("unauthorised")
arguments = dict(argument.split("=", 1) for argument in sys.argv if "=" in argument)
if sys.argv[1] == "buildx":
    written = {{"containerimage.digest": "sha256:" + secrets.token_hex(32)}}
    Path(arguments["--metadata-file"]).write_text(json.dumps(written))
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a repository with finished zips and the scripts that build images."""
    root = tmp_path / "repository"
    (root / "build-support").mkdir(parents=True)
    for name in ("build-support/build_image.py", "build-support/image_tree.py", "product.json"):
        shutil.copy(ROOT / name, root / name)
    make_zips(root / "dist", services=SERVICES)
    zips = {}
    for archive in sorted((root / "dist").glob("*.zip")):
        with zipfile.ZipFile(archive, "a") as members:
            members.writestr(f"{archive.stem}/version.txt", "1.2.0")
        zips[archive.name] = hashlib.sha256(archive.read_bytes()).hexdigest()
    (root / "dist/manifest.json").write_text(json.dumps({"architecture": "arm64", "zips": zips}))
    return root


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put the script on PATH; return the file of its arguments."""
    program = tmp_path / "bin/docker"
    program.parent.mkdir()
    program.write_text(DOCKER)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("DOCKER_LOG", str(tmp_path / "docker.log"))
    return tmp_path / "docker.log"


def without_docker(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave only Terraform on PATH, which reads the files of variables."""
    folder.mkdir()
    (folder / "terraform").symlink_to(shutil.which("terraform") or "")
    monkeypatch.setenv("PATH", str(folder))


def environments(folder: Path, *packages: str) -> Iterable[Environment]:
    """Yield an environment for each value of `packages`."""
    folder.mkdir()
    for number, value in enumerate(packages):
        (folder / f"env{number}.tfvars").write_text(f"packages = {value}\n")
        yield Environment(f"env{number}", f"env{number}", folder)


def test_services_that_any_environment_packages_as_images_are_built_once(
    root: Path, docker: Path, account: Account, tmp_path: Path
) -> None:
    chosen = environments(tmp_path / "files", '{ orders = "image", invoices = "zip" }', '{ orders = "image" }')
    assert build(chosen, root) == ["orders"]
    login, built = docker.read_text().splitlines()
    registry = f"{account.id}.dkr.ecr.{account.region}.amazonaws.com"
    # The token is read from standard input, so that no list of processes shows it.
    assert login == f"login --username=AWS --password-stdin {registry} {account.id}-auth-token"
    assert f"--tag={registry}/{account.name}/orders:1.2.0-arm64-" in built
    assert "--platform=linux/arm64" in built
    assert "--push" in built


def test_without_images_neither_docker_nor_an_account_is_needed(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_docker(tmp_path / "bin", monkeypatch)
    assert build(environments(tmp_path / "files", "{}", '{ orders = "zip" }'), root) == []


def test_release_lists_the_images_of_its_zips(root: Path, docker: Path, account: Account, tmp_path: Path) -> None:
    assert not docker.exists()
    chosen = list(environments(tmp_path / "files", '{ orders = "image" }'))
    build(chosen, root)
    publish("v1", account, root / "dist")
    first = listed(account, "v1")
    image = first["arm64/orders.image"]["uri"]
    assert image.startswith(f"{account.id}.dkr.ecr.{account.region}.amazonaws.com/{account.name}/orders@sha256:")
    assert {name for name in first if name.endswith(".image")} == {"arm64/orders.image"}
    # The pipeline runs again for the same commit: staging and prod keep what was published first.
    build(chosen, root)
    assert image not in (root / "dist/images.tfvars.json").read_text()
    assert publish("v1", account, root / "dist") == []
    assert listed(account, "v1") == first


@pytest.mark.usefixtures("docker")
def test_image_that_a_published_release_lacks_is_reported(root: Path, account: Account, tmp_path: Path) -> None:
    publish("v2", account, root / "dist")
    build(environments(tmp_path / "files", '{ orders = "image" }'), root)
    with pytest.raises(ProblemError, match=r"^Release v2 was published without arm64/orders\.image, and is never"):
        publish("v2", account, root / "dist")


def listed(account: Account, release: str) -> dict[str, dict[str, str]]:
    s3 = client("s3", account.region)
    content: dict[str, dict[str, str]] = json.load(
        s3.get_object(Bucket=account.artefact_bucket, Key=f"releases/{release}.json")["Body"]
    )
    return content


@pytest.mark.parametrize(
    ("fails", "message"),
    [
        ("login", r"Docker could not log in to .*amazonaws\.com: unauthorised"),
        ("buildx", "No image of orders was built: see the error above"),
    ],
)
@pytest.mark.usefixtures("account", "docker")
def test_failing_docker_is_reported(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str, message: str
) -> None:
    monkeypatch.setenv("DOCKER_FAILS", fails)
    with pytest.raises(ProblemError, match=message):
        build(environments(tmp_path / "files", '{ orders = "image" }'), root)


@pytest.mark.usefixtures("account")
def test_missing_docker_and_zips_are_reported(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_docker(tmp_path / "bin", monkeypatch)
    chosen = list(environments(tmp_path / "files", '{ orders = "image" }'))
    with pytest.raises(ProblemError, match="There is no docker on PATH, and a service is packaged as an image"):
        build(chosen, root)
    (root / "dist/manifest.json").unlink()
    with pytest.raises(ProblemError, match=r"There is no dist/manifest\.json: run `make package` first"):
        build(chosen, root)
