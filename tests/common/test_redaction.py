"""Secrets are hidden in log lines, in linear time even for hostile input."""

import re
import time
import traceback
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from common.telemetry.redaction import HIDDEN, SECRET, redacted, without_quotations


class Numbered(BaseModel):
    number: int


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("no such user: ada@example.com.", f"no such user: {HIDDEN}."),
        ('{"email":"ada+x@mail.example.org"}', f'{{"email":"{HIDDEN}"}}'),
        ("\nada@example.com\n", f"\n{HIDDEN}\n"),
        ("Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.abc_-1", f"Bearer {HIDDEN}"),
        ("username=ada%40example.com&scope=", f"username={HIDDEN}&scope="),
        ("100%40", "100%40"),
        ("@router.get", "@router.get"),
        ("user@host", "user@host"),
        ("keyJoe.x", "keyJoe.x"),
    ],
)
def test_addresses_and_tokens_are_hidden(text: str, written: str) -> None:
    assert redacted(text) == written


def test_json_values_are_unchanged() -> None:
    assert redacted({"a": [1, 2.5, None, True, ("b",)], "c": {"d": "e"}}) == {
        "a": [1, 2.5, None, True, ["b"]],
        "c": {"d": "e"},
    }


def test_nested_values_and_other_types_are_hidden() -> None:
    assert redacted({"errors": [{"input": ValueError("ada@example.com")}]}) == {"errors": [{"input": HIDDEN}]}


class UnprintableError(Exception):
    def __str__(self) -> str:
        raise ZeroDivisionError


def test_value_that_cannot_be_shown_is_its_type() -> None:
    assert redacted({"error": UnprintableError()}) == {"error": "<UnprintableError>"}
    assert without_quotations("text", UnprintableError()) == "text"


def test_text_without_a_quoting_error_is_unchanged() -> None:
    assert without_quotations("text", None) == "text"
    assert without_quotations("text", ValueError()) == "text"


def validation_error(value: Any = "hunter2") -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        Numbered(number=value)
    return caught.value


def test_values_in_exception_groups_are_hidden() -> None:
    error = ExceptionGroup("several", [KeyError("fine"), ExceptionGroup("inner", [validation_error()])])
    text = "".join(traceback.format_exception(error))
    assert "hunter2" in text
    written = without_quotations(text, error)
    assert "hunter2" not in written
    assert {"several", "inner", "fine", HIDDEN} <= set(re.findall(r"\w+|\[hidden\]", written))


def test_cyclic_exception_causes() -> None:
    first, second = KeyError("first"), validation_error()
    first.__cause__, second.__cause__ = second, first
    text = "".join(traceback.format_exception(first))
    assert "hunter2" not in without_quotations(text, first)


@pytest.mark.parametrize("part", ["a", "a@", "a%40", "a%40b.", "eyJ", "eyJa.", "a@b.", "a@b-"])
def test_long_text_is_redacted_in_linear_time(part: str) -> None:
    started = time.process_time()
    SECRET.sub(HIDDEN, part * 200_000)
    assert time.process_time() - started < 5.0
