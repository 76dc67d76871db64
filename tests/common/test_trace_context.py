"""A valid `traceparent` of the caller is used, and an invalid one is replaced."""

import re

import pytest

from common.telemetry.trace_context import traceparent

# The example of the specification, section 3.2.3.
GIVEN = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
XRAY = "Root=1-67891234-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a87bd80c:1"


@pytest.mark.parametrize("given", [GIVEN, GIVEN[:-2] + "00", GIVEN[:-2] + "ff"])
def test_valid_traceparent_is_unchanged(given: str) -> None:
    assert traceparent([given], XRAY) == given


@pytest.mark.parametrize(
    "given",
    [
        [],
        [""],
        [GIVEN, GIVEN],
        [f"{GIVEN},{GIVEN}"],
        [GIVEN.upper()],
        [GIVEN + "-00"],
        [GIVEN + "\n"],
        [" " + GIVEN],
        ["01" + GIVEN[2:]],
        ["ff" + GIVEN[2:]],
        [GIVEN[:-1]],
        [GIVEN.replace("00f067aa0ba902b7", "0" * 16)],
        [GIVEN.replace("4bf92f3577b34da6a3ce929d0e0e4736", "0" * 32)],
        [GIVEN.replace("4", "٤")],
        ["x" * 100_000],
    ],
)
def test_invalid_traceparent_is_replaced_by_the_xray_trace(given: list[str]) -> None:
    assert traceparent(given, XRAY) == "00-67891234abcdef012345678912345678-53995c3f42cd8ad8-01"


@pytest.mark.parametrize("sampled", [";Sampled=0", ";Sampled=?", "", ";NotSampled=1"])
def test_unsampled_xray_trace_is_not_marked_as_sampled(sampled: str) -> None:
    result = traceparent([], f"Root=1-67891234-abcdef012345678912345678;Parent=53995c3f42cd8ad8{sampled}")
    assert result == "00-67891234abcdef012345678912345678-53995c3f42cd8ad8-00"


@pytest.mark.parametrize("parent", ["", ";Parent=", f";Parent={'0' * 16}", ";Parent=53995c3f42cd8ad"])
def test_missing_xray_parent_is_generated(parent: str) -> None:
    first, second = (traceparent([], f"Root=1-67891234-abcdef012345678912345678{parent};Sampled=1") for _ in "ab")
    assert re.fullmatch(r"00-67891234abcdef012345678912345678-[0-9a-f]{16}-01", first)
    assert first != second


@pytest.mark.parametrize(
    "xray",
    ["", "Root=2-67891234-abcdef012345678912345678;Sampled=1", f"Root=1-{'0' * 8}-{'0' * 24};Sampled=1", "noise"],
)
def test_traceparent_without_a_trace_is_random_and_unsampled(xray: str) -> None:
    first, second = (traceparent([], xray) for _ in "ab")
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-00", first)
    assert first[3:35] != second[3:35]
