import json
from pathlib import Path

import pytest

from monorepo.product import Product, product
from monorepo.services import KEYS, ServiceFileError, Variable, default_service, parsed, services
from tests.support.wrong_service_files import OTHER, RIGHT, WRONG


def test_service_file_is_parsed() -> None:
    films, rooms = parsed({"rooms": OTHER, "films": RIGHT}, Path("/repository"))
    assert (films.name, films.folder, films.default) == ("films", Path("/repository/services/films"), True)
    assert films.paths == ("/api/v1/films", "/films")
    assert films.grants == {"films": ("dynamodb:GetItem",)}
    assert (films.secrets, films.scopes) == (("jwt",), ("films:admin",))
    assert films.environment == {"OPEN": Variable("Whether everyone may read.", default="false", local="true")}
    assert (rooms.default, rooms.grants, rooms.secrets, rooms.scopes, rooms.environment) == (False, {}, (), (), {})


@pytest.mark.parametrize("case", WRONG)
def test_wrong_service_file_is_refused(case: str) -> None:
    with pytest.raises(ServiceFileError) as refused:
        list(parsed(WRONG[case].files))
    assert WRONG[case].says in str(refused.value).splitlines()


def test_every_problem_is_reported_at_once() -> None:
    with pytest.raises(ServiceFileError) as refused:
        list(parsed({"films": "paths: [/films]\nsecret: [jwt]"}))
    assert str(refused.value).splitlines() == [
        f"services/films/service.yaml: unknown key secret: the keys are {', '.join(KEYS)}",
        "services/films/service.yaml: paths is a list whose first path is /api/v1/films",
        "services/*/service.yaml: exactly one service has default: true, not none",
    ]


def test_services_are_found_by_folder(tmp_path: Path) -> None:
    for name, text in {"rooms": OTHER, "films": RIGHT}.items():
        (tmp_path / "services" / name).mkdir(parents=True)
        (tmp_path / "services" / name / "service.yaml").write_text(text)
    (tmp_path / "services" / "notes").mkdir()
    assert [service.name for service in services(tmp_path)] == ["films", "rooms"]
    assert default_service(tmp_path).name == "films"


def test_this_repository_is_right() -> None:
    assert default_service() in services()
    assert product().name.isalnum()


def test_product_is_read(tmp_path: Path) -> None:
    acme = {"name": "acme", "title": "Acme", "problem_authority": "acme.example,2026"}
    (tmp_path / "product.json").write_text(json.dumps(acme))
    assert product(tmp_path) == Product(**acme)
