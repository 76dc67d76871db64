import pytest

from cost.measured import read
from cost.page import prices
from tests.conformance.in_process.capacity import Units
from tests.conformance.in_process.flood_costs import table_of_floods, usd_an_hour
from tests.support.profile import PUBLIC, Case, Flood, Operation

FLOOD = Flood(name="one", per_second=2, served={"good": 200}, others="bad")
UNITS = {"good": Units(3, 1, 1), "bad": Units(1, 0, 0), "another": Units(1000, 1000, 1000)}


def test_hour_costs_its_requests_and_nothing_that_is_there_without_them() -> None:
    of_one, request = prices(), read()[0]
    used = {
        "api_requests": 7200,
        "function_requests": 7200,
        "gb_seconds_arm64": 7200 * request.billed_ms / 1000,
        "read_units": 200 * 3 + 7000,
        "write_units": 200 * 2,
        "log_gb": 7200 * request.log_bytes / 1e9,
        "data_out": 7200 * request.response_bytes / 1e9,
        "traces": 3600 + 0.05 * 3600,  # one each second, and 5% of the others
    }
    assert usd_an_hour(FLOOD, UNITS) == pytest.approx(sum(count * of_one[name] for name, count in used.items()))


def test_table_has_a_line_for_each_flood() -> None:
    cases = (Case(name="good", status=200), Case(name="bad", status=429, problem="x"))
    flooded, calm = (
        Operation(method="GET", path="/x", access=PUBLIC, cases=cases, flood=each) for each in (FLOOD, None)
    )
    usd = f"{usd_an_hour(FLOOD, UNITS):.2f}"
    line = f"| one | `GET /x` | 2 | 200 times 200: good<br>7,000 times 429: bad | 7,600 | 400 | {usd} |"
    assert table_of_floods([(flooded, UNITS), (calm, {})]).splitlines()[-1] == line
    assert table_of_floods([(calm, {})]) == ""
