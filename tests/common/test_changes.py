from typing import Annotated

import pytest
from pydantic import Field, ValidationError

from common.http.changes import LEFT_OUT, Change


class Renaming(Change):
    """A request with one field that may be null."""

    name: Annotated[str, Field(min_length=1)] = LEFT_OUT
    note: str | None = LEFT_OUT


@pytest.mark.parametrize("sent", [{"name": "x"}, {"note": None}, {"name": "x", "note": "y"}])
def test_given_fields_are_those_that_were_sent(sent: dict[str, object]) -> None:
    assert Renaming.model_validate(sent).given() == sent


@pytest.mark.parametrize(
    ("sent", "where"), [({}, ()), ({"name": None}, ("name",)), ({"name": ""}, ("name",)), ({"no": 1}, ("no",))]
)
def test_nothing_null_and_unknown_fields_are_rejected(sent: dict[str, object], where: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError) as found:
        Renaming.model_validate(sent)
    assert [error["loc"] for error in found.value.errors()] == [where]


def test_schema_says_what_is_accepted() -> None:
    schema = Renaming.model_json_schema()
    assert (schema["minProperties"], schema["additionalProperties"], "required" in schema) == (1, False, False)
    assert schema["properties"] == {
        "name": {"minLength": 1, "title": "Name", "type": "string"},
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}], "title": "Note"},
    }
