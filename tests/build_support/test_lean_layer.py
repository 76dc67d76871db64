"""The layer holds what layer.toml keeps of the locked packages, and code that needs more is not packaged."""

import json
import zipfile
from pathlib import Path

import pytest

from tests.build_support.repository import MODEL, Repository
from tests.build_support.scripts import load

finish_zips = load("finish_zips.py")
lean_layer = load("lean_layer.py")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


def finished(repository: Repository) -> dict[str, bytes]:
    """Return the files of the finished layer without bytecode, by path below python/."""
    finish_zips.finish(repository.root, repository.wheels.name)
    with zipfile.ZipFile(repository.dist / "common-layer.zip") as archive:
        names = (name for name in archive.namelist() if not name.endswith(".pyc"))
        return {name.removeprefix("python/"): archive.read(name) for name in names}


def rejected(repository: Repository) -> str:
    """Return the message of a failed packaging, which has one line and changes no zip."""
    before = repository.contents()
    with pytest.raises(finish_zips.PackagingError) as error:
        finish_zips.finish(repository.root, repository.wheels.name)
    assert repository.contents() == before
    assert "\n" not in str(error.value)
    return str(error.value)


def test_files_of_the_list_are_left_out_with_their_bytecode(repository: Repository) -> None:
    finish_zips.finish(repository.root, repository.wheels.name)
    with zipfile.ZipFile(repository.dist / "common-layer.zip") as archive:
        found = [name for name in archive.namelist() if "fox" in name]
    assert found == [
        "python/brown_fox-1.2.dist-info/METADATA",
        "python/brown_fox-1.2.dist-info/WHEEL",
        "python/brown_fox/__init__.py",
        "python/brown_fox/__pycache__/__init__.cpython-313.pyc",
        "python/brown_fox/__pycache__/pack.cpython-313.pyc",
        "python/brown_fox/pack.py",
    ]


def test_module_that_is_read_as_source_has_no_bytecode(repository: Repository) -> None:
    finish_zips.finish(repository.root, repository.wheels.name)
    with zipfile.ZipFile(repository.dist / "common-layer.zip") as archive:
        found = [name for name in archive.namelist() if "/dog." in name]
    assert found == ["python/dog.py"]


def test_aws_data_is_the_newest_of_each_listed_service(repository: Repository) -> None:
    assert sorted(name for name in finished(repository) if name.startswith("botocore/data/")) == [
        "botocore/data/endpoints.json",
        "botocore/data/post/2012-01-01/paginators-1.json",
        "botocore/data/post/2012-01-01/service-2.json",
    ]


def test_another_aws_service_is_one_line(repository: Repository) -> None:
    repository.rules.write_text(repository.rules.read_text().replace('["post"]', '["post", "railway"]'))
    found = finished(repository)
    assert "botocore/data/railway/2020-01-01/service-2.json" in found
    [aws, _] = json.loads(found["botocore/data/endpoints.json"])["partitions"]
    assert list(aws["services"]) == ["letters", "parcels"]


def test_service_models_have_no_documentation(repository: Repository) -> None:
    model = json.loads(finished(repository)["botocore/data/post/2012-01-01/service-2.json"])
    members = {"documentation": {"shape": "Text"}}
    assert model == {"metadata": MODEL["metadata"], "shapes": {"Letter": {"members": members}}}


def test_endpoints_have_every_region_and_only_listed_services(repository: Repository) -> None:
    partitions = json.loads(finished(repository)["botocore/data/endpoints.json"])["partitions"]
    assert [(list(one["regions"]), list(one["services"])) for one in partitions] == [
        (["us-east-1"], ["letters"]),
        (["cn-north-1"], ["letters"]),
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"post"', '"post", "telegraph"', "lists the AWS service telegraph, which botocore does not know"),
        ("brown_fox/tails/*", "brown_fox/wings/*", "leaves out brown_fox/wings/*, which no locked package holds"),
        ('"dog.py"', '"cat.py"', "has python/cat.py without bytecode, which no locked package holds"),
        ("why = ", "because = ", "layer.toml cannot be read: KeyError('why')"),
        ("aws_services", "[", "layer.toml cannot be read: TOMLDecodeError"),
    ],
)
def test_unusable_list_is_rejected(repository: Repository, old: str, new: str, message: str) -> None:
    repository.rules.write_text(repository.rules.read_text().replace(old, new, 1))
    assert message in rejected(repository)


def test_missing_list_is_rejected(repository: Repository) -> None:
    repository.rules.unlink()
    assert "build-support/layer.toml cannot be read: FileNotFoundError" in rejected(repository)


@pytest.mark.parametrize("path", ["python/botocore/data/endpoints.json", "python/brown_fox/__init__.py"])
def test_finished_layer_with_a_changed_file_is_rejected(repository: Repository, path: str) -> None:
    layer = {f"python/{name}": content for name, content in finished(repository).items()}
    repository.zip("common-layer.zip", layer | {path: layer[path] + b" "})
    assert f"holds {path}, which no verified wheel holds like that" in rejected(repository)


@pytest.mark.parametrize("path", ["python/botocore/data/endpoints.json", "python/brown_fox/__init__.py"])
def test_layer_without_a_file_of_a_wheel_is_rejected(repository: Repository, path: str) -> None:
    layer = repository.layer()
    del layer[path]
    repository.zip("common-layer.zip", layer)
    assert f"common-layer.zip lacks {path}, which a verified wheel holds" in rejected(repository)


@pytest.mark.parametrize(
    "code",
    [
        "import brown_fox.hunting",
        "from brown_fox import hunting",
        "from brown_fox.hunting import hounds",
        "def later():\n    import brown_fox.hunting as it",
    ],
)
@pytest.mark.parametrize("zipped", ["orders.zip", "common-layer.zip"])
def test_import_of_a_module_that_is_left_out_is_rejected(repository: Repository, code: str, zipped: str) -> None:
    name = {"orders.zip": "orders/walks.py", "common-layer.zip": "python/common/walks.py"}[zipped]
    files = repository.layer() if zipped == "common-layer.zip" else repository.function("orders")
    repository.zip(zipped, files | {name: code})
    assert rejected(repository) == (
        f"{zipped}: {name}:{code.count(chr(10)) + 1} imports brown_fox.hunting: "
        "delete brown_fox/hunting.py from left_out in build-support/layer.toml"
    )


def test_import_of_a_module_that_imports_what_is_left_out_names_every_pattern(repository: Repository) -> None:
    repository.zip("orders.zip", repository.function("orders") | {"orders/walks.py": "import brown_fox.pack"})
    assert rejected(repository) == (
        "orders.zip: orders/walks.py:1 imports brown_fox.pack: "
        "delete brown_fox/hunting.py, brown_fox/tails/* from left_out in build-support/layer.toml"
    )


def test_import_for_the_type_checker_is_accepted(repository: Repository) -> None:
    code = "import typing\nif typing.TYPE_CHECKING:\n    import brown_fox.hunting\nelse:\n    import brown_fox\n"
    repository.zip("orders.zip", repository.function("orders") | {"orders/walks.py": code})
    finish_zips.finish(repository.root, repository.wheels.name)


@pytest.mark.parametrize(
    "code",
    [
        'boto3.client("railway")',
        'boto3.Session().resource(service_name="railway")',
        'session.create_client("railway", config=None)',
        'make_client("railway", CONFIG)',
    ],
)
def test_call_of_an_aws_service_without_data_is_rejected(repository: Repository, code: str) -> None:
    repository.zip(
        "orders.zip", repository.function("orders") | {"orders/trips.py": f"import boto3\n\nclient = {code}\n"}
    )
    assert rejected(repository) == (
        "orders.zip: orders/trips.py:3 calls the AWS service railway: "
        "add it to aws_services in build-support/layer.toml"
    )
    repository.rules.write_text(repository.rules.read_text().replace('["post"]', '["post", "railway"]'))
    finish_zips.finish(repository.root, repository.wheels.name)


@pytest.mark.parametrize(
    "imports",
    ["import boto3.session", "from botocore.session import Session", "from common.aws_clients import make_client"],
)
def test_clients_are_looked_for_where_aws_is_imported(repository: Repository, imports: str) -> None:
    files = repository.function("orders")
    repository.zip("orders.zip", files | {"orders/trips.py": f'{imports}\nmade = factory.client("railway")\n'})
    assert "calls the AWS service railway" in rejected(repository)
    repository.zip("orders.zip", files | {"orders/trips.py": 'made = bus.client("railway")\n'})
    finish_zips.finish(repository.root, repository.wheels.name)


@pytest.mark.parametrize("code", ['boto3.client("post")', 'hotel.client("Smith")', "boto3.client(name)", "client()"])
def test_other_calls_are_accepted(repository: Repository, code: str) -> None:
    repository.zip("orders.zip", repository.function("orders") | {"orders/trips.py": code})
    finish_zips.finish(repository.root, repository.wheels.name)


def test_function_without_the_layer_may_need_anything(repository: Repository) -> None:
    """Such a function uses the packages of Lambda's runtime."""
    (repository.root / "libs/watch_dog").mkdir(parents=True)
    (repository.root / "libs/watch_dog/handler.py").touch()
    files = {"watch_dog/handler.py": 'boto3.client("railway")', "lambda_function.py": ""}
    repository.zip("watch-dog.zip", files)
    finish_zips.finish(repository.root, repository.wheels.name)
