"""The files of an image, and the command that builds it; a script replaces Docker."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.build_support.repository import Repository
from tests.build_support.scripts import ROOT, load

image_tree = load("image_tree.py")
finish_zips = load("finish_zips.py")

REGISTRY = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"
DIGEST = f"sha256:{'0123456789abcdef' * 4}"
DOCKER = f"""#!{sys.executable}
import json, os, sys
from pathlib import Path
Path("docker.json").write_text(json.dumps([sys.argv[1:], os.environ["SOURCE_DATE_EPOCH"]]))
arguments = dict(argument.split("=", 1) for argument in sys.argv if "=" in argument)
Path(arguments["--metadata-file"]).write_text(json.dumps({{"containerimage.digest": "{DIGEST}"}}))
sys.exit(int(os.environ.get("DOCKER_FAILS", "0")))
"""


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """Return a repository with finished zips for arm64."""
    repository = Repository(tmp_path / "repository")
    finish_zips.finish(repository.root, "arm64")
    (repository.root / "product.json").write_text('{"name": "shop"}')
    docker = tmp_path / "bin/docker"
    docker.parent.mkdir()
    docker.write_text(DOCKER)
    docker.chmod(0o755)
    return repository


def run(repository: Repository, script: str, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "LAMBDA_ARCH"}
    environment["PATH"] = f"{repository.root.parent / 'bin'}:/usr/bin:/bin"
    command = [sys.executable, str(repository.root / "build-support" / script), *arguments]
    return subprocess.run(
        command,
        cwd=repository.root,
        env=environment | settings,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def zipped(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_tree_is_what_lambda_unpacks_of_the_zips(repository: Repository, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    written = run(repository, "image_tree.py", "--service=orders", "--architecture=arm64", "dist", str(tree))
    assert (written.returncode, written.stderr) == (0, "")
    assert files(tree / "opt") == zipped(repository.dist / "common-layer.zip")
    assert files(tree / "var/task") == zipped(repository.dist / "orders.zip")
    assert list(tree.rglob("*.pyc"))


def test_tree_does_not_depend_on_time_and_umask(repository: Repository, tmp_path: Path) -> None:
    found = []
    for umask in (0o077, 0o022):
        before = os.umask(umask)
        try:
            image_tree.write_tree(repository.dist, "orders", "arm64", tmp_path / "tree")
        finally:
            os.umask(before)
        paths = sorted((tmp_path / "tree").rglob("*"))
        found.append([(path, path.stat().st_mode & 0o7777, path.stat().st_mtime) for path in paths])
    assert found[0] == found[1]
    assert {mode for path, mode, _ in found[0] if path.is_file()} == {0o644}
    assert {mode for path, mode, _ in found[0] if path.is_dir()} == {0o755}
    assert {time for _, _, time in found[0]} == {315_532_800}


def test_tree_replaces_the_one_before(repository: Repository, tmp_path: Path) -> None:
    for service in ("orders", "accounts"):
        image_tree.write_tree(repository.dist, service, "arm64", tmp_path / "tree")
    assert files(tmp_path / "tree/var/task") == zipped(repository.dist / "accounts.zip")


@pytest.mark.parametrize(
    ("service", "architecture", "message"),
    [
        ("orders", "x86_64", "the zips are for arm64, not for x86_64: set LAMBDA_ARCH=x86_64"),
        # Docker's name for it.
        ("orders", "amd64", "the zips are for arm64, not for x86_64: set LAMBDA_ARCH=x86_64"),
        ("halls", "arm64", "there is no halls.zip in manifest.json: name a service, and run `make package`"),
    ],
)
def test_other_architecture_and_unknown_service_are_rejected(
    repository: Repository, tmp_path: Path, service: str, architecture: str, message: str
) -> None:
    arguments = (f"--service={service}", f"--architecture={architecture}", "dist", str(tmp_path / "tree"))
    rejected = run(repository, "image_tree.py", *arguments)
    assert (rejected.returncode, rejected.stderr) == (1, f"image_tree: {message}\n")
    assert not (tmp_path / "tree").exists()


def test_zip_that_was_not_finished_is_rejected(repository: Repository, tmp_path: Path) -> None:
    with zipfile.ZipFile(repository.dist / "orders.zip", "a") as archive:
        archive.writestr("edited.txt", "")
    with pytest.raises(image_tree.ImageError, match=r"orders\.zip is not the zip that was finished"):
        image_tree.write_tree(repository.dist, "orders", "arm64", tmp_path / "tree")


@pytest.mark.parametrize("manifest", [None, "{", "{}"])
def test_missing_manifest_is_rejected(repository: Repository, tmp_path: Path, manifest: str | None) -> None:
    (repository.dist / "manifest.json").unlink()
    if manifest is not None:
        (repository.dist / "manifest.json").write_text(manifest)
    with pytest.raises(image_tree.ImageError, match="run `make package` first"):
        image_tree.write_tree(repository.dist, "orders", "arm64", tmp_path / "tree")


def test_pushed_images_are_written_for_terraform_by_digest(repository: Repository) -> None:
    pushed = run(repository, "build_image.py", f"--registry={REGISTRY}", "orders", "accounts")
    uris = {service: f"{REGISTRY}/shop/{service}@{DIGEST}" for service in ("orders", "accounts")}
    assert (pushed.returncode, pushed.stderr) == (0, "")
    assert pushed.stdout.split() == list(uris.values())
    assert json.loads((repository.dist / "images.tfvars.json").read_text()) == {
        "images": {service: {"uri": uri, "architecture": "arm64"} for service, uri in uris.items()}
    }


def test_image_is_one_manifest_for_one_architecture(repository: Repository) -> None:
    run(repository, "build_image.py", f"--registry={REGISTRY}", "orders")
    arguments, epoch = json.loads((repository.root / "docker.json").read_text())
    assert arguments[:2] == ["buildx", "build"]
    expected = {"--file=build-support/image/Dockerfile", "--platform=linux/arm64", "--build-arg=SERVICE=orders"}
    assert expected | {"--provenance=false", "--sbom=false"} < set(arguments)
    assert arguments[-2:] == ["--push", "."]
    assert epoch == "315532800"
    version = zipped(repository.dist / "orders.zip")["orders/version.txt"].decode().strip().replace("+", "-")
    [tag] = [argument for argument in arguments if argument.startswith("--tag=")]
    assert tag.startswith(f"--tag={REGISTRY}/shop/orders:{version}-arm64-2")


def test_image_without_a_registry_stays_here(repository: Repository) -> None:
    built = run(repository, "build_image.py", "orders")
    assert built.stdout.startswith("shop/orders:")
    assert "--load" in json.loads((repository.root / "docker.json").read_text())[0]
    assert not (repository.dist / "images.tfvars.json").exists()


def test_failures_are_one_line(repository: Repository) -> None:
    failed = run(repository, "build_image.py", f"--registry={REGISTRY}", "orders", DOCKER_FAILS="1")
    assert failed.returncode == 1
    assert failed.stderr.startswith(f"build_image: docker could not build or push {REGISTRY}/shop/orders:")
    assert not (repository.dist / "images.tfvars.json").exists()
    other = run(repository, "build_image.py", "orders", LAMBDA_ARCH="x86_64")
    assert other.stderr == "build_image: the zips are for arm64, not for x86_64: set LAMBDA_ARCH=x86_64\n"
    (repository.root.parent / "bin/docker").unlink()
    missing = run(repository, "build_image.py", "orders")
    assert missing.stderr == (
        "build_image: docker is not on PATH. `make image-tree` writes the files of the image without it\n"
    )


def test_dockerfile_reads_only_files_that_are_not_ignored() -> None:
    image = ROOT / "build-support/image"
    lines = (image / "Dockerfile").read_text().splitlines()
    read = {path for line in lines if line.startswith("COPY") and "--from" not in line for path in line.split()[1:-1]}
    assert read == {
        "build-support/image_tree.py",
        "dist/manifest.json",
        "dist/common-layer.zip",
        "dist/${SERVICE}.zip",
    }
    kept = [line[1:] for line in (image / "Dockerfile.dockerignore").read_text().splitlines() if line.startswith("!")]
    assert all(any(Path(path).match(pattern) for pattern in kept) for path in read)


def test_last_stage_runs_nothing_and_is_not_root() -> None:
    text = (ROOT / "build-support/image/Dockerfile").read_text()
    last = text[text.rindex("FROM ") :].splitlines()
    words = [line.split()[0] for line in last if line and not line.startswith("#")]
    assert words == ["FROM", "COPY", "COPY", "USER", "CMD"]
    assert "USER 65534:65534" in last
