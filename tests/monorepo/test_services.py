import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from monorepo.product import Product, product
from monorepo.services import ServiceFileError, Variable, default_service, parsed, services
from tests.support.service_files import CASES, OTHER, RIGHT, Case


def test_service_file_is_parsed() -> None:
    films, rooms = parsed({"rooms": OTHER, "films": RIGHT}, Path("/repository"))
    assert (films.name, films.folder, films.default) == ("films", Path("/repository/services/films"), True)
    assert films.paths == ("/api/v1/films", "/films")
    assert films.grants == {"films": ("dynamodb:GetItem",)}
    assert (films.secrets, films.scopes) == (("jwt",), ("films:admin",))
    assert films.environment == {"OPEN": Variable("Whether everyone may read.", default="false", local="true")}
    assert (rooms.default, rooms.grants, rooms.secrets, rooms.scopes, rooms.environment) == (False, {}, (), (), {})


@pytest.mark.parametrize("case", CASES, ids=[case.case for case in CASES])
def test_problems_of_service_files(case: Case) -> None:
    assert problems(case.files) == case.problems


def problems(files: Mapping[str, str | None]) -> list[str]:
    try:
        parsed(files)
    except ServiceFileError as error:
        return str(error).splitlines()
    return []


def test_services_are_found_by_folder(tmp_path: Path) -> None:
    for name, text in {"rooms": OTHER, "films": RIGHT}.items():
        (tmp_path / "services" / name).mkdir(parents=True)
        (tmp_path / "services" / name / "service.yaml").write_text(text)
    (tmp_path / "services" / "halls").mkdir()
    assert [service.name for service in services(tmp_path)] == ["films", "rooms"]
    assert default_service(tmp_path).name == "films"


def test_handler_without_service_file_is_rejected(tmp_path: Path) -> None:
    for name, file, text in (
        ("films", "service.yaml", RIGHT),
        ("rooms", "service.yml", OTHER),
        ("rooms", "handler.py", ""),
    ):
        (tmp_path / "services" / name).mkdir(parents=True, exist_ok=True)
        (tmp_path / "services" / name / file).write_text(text)
    with pytest.raises(ServiceFileError, match=r"^services/rooms: there is no service\.yaml: "):
        services(tmp_path)


def test_this_repository_is_valid() -> None:
    assert default_service() in services()
    assert product().name.isalnum()


def test_product_is_read(tmp_path: Path) -> None:
    shop = {"name": "shop", "title": "Shop", "problem_authority": "shop.example,2026"}
    (tmp_path / "product.json").write_text(json.dumps(shop))
    assert product(tmp_path) == Product(**shop)
