"""docs/scale.md: current, true in its first paragraph, and from named sources."""

import datetime as dt

import pytest
import yaml

from cost import memory
from cost.estimate import Request, Services
from cost.scale import PATH, QUOTAS, RATES, broken, need, page, request_of_scale
from cost.services import services_of
from monorepo.services import ROOT

QUOTA = yaml.safe_load(QUOTAS.read_text())
REQUEST = Request(billed_ms=200, init_ms=1_000, log_bytes=2_000, response_bytes=1_000)
SERVICES = Services(
    functions=2, read_units=1.5, units_of_writes=(1, 6), units_of_one=4, metrics=60, alarm_metrics=40, secrets=1
)


def test_page_is_as_make_costs_writes_it() -> None:
    text = page(ROOT)
    assert (ROOT / PATH).read_text() == text, "run: make costs"
    assert "<!--" not in text


def test_first_paragraph_says_what_breaks() -> None:
    measured = request_of_scale()
    found = [broken(need(rate, measured, services_of(ROOT)), QUOTA) for rate in RATES]
    assert found[:3] == [["route_rate"], ["route_rate"], ["route_rate", "new_table_writes"]]
    assert {"api_rate", "concurrency", "key_writes"} < set(found[3])
    at_the_limit = need(10_000, measured, services_of(ROOT)).needs
    assert all(at_the_limit[name] == QUOTA[name]["most"] for name in ("api_rate", "concurrency", "key_writes"))


def test_needs_of_a_rate() -> None:
    found = need(1_000, REQUEST, SERVICES)
    # 1,000 of 200 ms, and 1 of 1,000 ms.
    assert found.concurrency == found.needs["concurrency"] == pytest.approx(201)
    assert found.needs["key_writes"] == 100
    assert found.needs["table_writes"] == 400  # 100 of 4
    assert found.needs["table_reads"] == 1_450  # 900 of 1.5, and 100 of 1
    assert found.needs["secret_reads"] == pytest.approx((1 + 201 / 300) * 2)
    assert found.hashing == pytest.approx(10 * 0.03 * 1769 / 1024)
    assert found.log_mb == 2
    assert found.traces == 2 + 0.05 * 998
    assert (need(1_000, REQUEST, SERVICES).keys, need(10_001, REQUEST, SERVICES).keys) == (1, 2)


def test_quotas_of_a_table_and_of_an_index_are_compared_with_the_larger_alone() -> None:
    found = services_of(ROOT)
    assert found.units_of_writes[1] / 2 <= found.units_of_one < found.units_of_writes[1]


def test_page_has_one_init() -> None:
    init = memory.durations(memory.read()[0], 1024).init
    assert request_of_scale().init_ms == pytest.approx(init, abs=0.1)
    assert f"INIT {request_of_scale().init_ms:g} ms" in page(ROOT)


def test_short_requests_need_a_tenth_of_their_rate() -> None:
    short = Request(billed_ms=1, init_ms=0, log_bytes=0, response_bytes=0)
    assert need(1_000, short, SERVICES).needs["concurrency"] == 100


@pytest.mark.parametrize("name", QUOTA)
def test_quota_has_its_source_and_how_to_raise_it(name: str) -> None:
    entry = QUOTA[name]
    assert entry.keys() == {"name", "most", "raise", "request", "page", "read"}
    assert entry["page"].startswith("https://docs.aws.amazon.com/")
    assert isinstance(entry["read"], dt.date)
    assert name in need(1, REQUEST, SERVICES).needs


def test_variables_that_raise_a_quota_exist() -> None:
    files = "".join(file.read_text() for file in (ROOT / "terraform").glob("*.tf"))
    for name in ("account_concurrency", "throttling", "sizing", "list_shards", "issuer"):
        assert any(f"`{name}" in entry["raise"] for entry in QUOTA.values())
        assert f'variable "{name}" {{' in files
