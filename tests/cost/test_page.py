"""docs/costs.md and the tables of `make cost`: current, complete, and from named sources."""

import datetime as dt
from pathlib import Path

import pytest
import yaml

from cost.__main__ import main
from cost.measured import read
from cost.page import FOLDER, PATH, load_named, page
from cost.services import Operation, alarm_metrics, operations_of, services_of, units_of_page
from monorepo.services import ROOT, Service, Variable, services

LOADS = yaml.safe_load((FOLDER / "loads.yaml").read_text())
PRICES = yaml.safe_load((FOLDER / "prices.yaml").read_text())


def test_page_is_as_make_costs_writes_it() -> None:
    assert (ROOT / PATH).read_text() == page(ROOT), "run: make costs"


def test_page_has_three_loads_and_what_dominates_each() -> None:
    text = page(ROOT)
    assert len(LOADS) == 3
    assert text.count(" dominates with ") == 3
    assert all(f"## {name.capitalize()}: " in text for name in LOADS)


@pytest.mark.parametrize("name", PRICES)
def test_price_has_its_source_and_date(name: str) -> None:
    entry = PRICES[name]
    assert entry.keys() == {"price", "per", "page", "seen", "date"}
    assert entry["price"] > 0
    assert entry["page"].startswith("https://aws.amazon.com/")
    assert entry["seen"].startswith("https://")
    assert entry["date"] is None or isinstance(entry["date"], dt.date)


def test_units_are_those_of_the_first_successful_case() -> None:
    rows = """\
| operation | case | calls | read units | write units: table | indexes |
|---|---|---|---|---|---|
| `GET /api/v1/parts` | 200: full page | Query listing, Limit 21 | 0.5 | 0 | 0 |
|  | 400: damaged cursor | none | 0 | 0 | 0 |
| `POST /api/v1/parts` | 201: with two tags | TransactWriteItems: Put PART if; Put TAG | 0 | 8 | 4 |
|  | 409: taken | TransactWriteItems: Put PART if | 0 | 4 | 0 |
| `GET /api/v1/parts/health` | 200: service runs | none | 0 | 0 | 0 |
"""
    assert operations_of(rows) == [Operation("GET", 0.5, 0, 0, spread=True), Operation("POST", 0, 8, 4)]


@pytest.mark.parametrize(("keys", "units"), [(1, 1.5), (2, 3), (3, 4), (4, 4.5), (8, 6.5)])
def test_page_from_several_keys_reads_of_each_only_what_comes_before(keys: int, units: float) -> None:
    # 1.5, 1.5, 0.75, and 0.5 of each further key; each query is rounded up to half a unit.
    assert units_of_page(1.5, keys) == units


def test_keys_of_lists_make_reads_dearer_and_writes_not() -> None:
    one, eight = services_of(ROOT), services_of(ROOT, 8)
    assert eight.read_units > one.read_units
    assert eight.units_of_writes == one.units_of_writes


def test_every_service_counts() -> None:
    found = services_of(ROOT)
    every = services(ROOT)
    assert found.functions == len(every)
    assert found.read_units > 0
    assert all(units > 0 for units in found.units_of_writes)
    assert found.metrics >= 10 * len(every)


def test_alarms_watch_each_operation_of_a_table() -> None:
    grants = {"parts": ("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:ConditionCheckItem")}
    service = Service("parts", Path(), ("/api/v1/parts",), True, grants, (), (), {"A": Variable("", "", "")})
    # GetItem, PutItem and TransactWriteItems, for throttles and system errors.
    assert alarm_metrics([service]) == 3 + 6 + 2 * 3


def test_table_of_a_load_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["print", "--load", "small"]) == 0
    printed = capsys.readouterr().out
    assert printed in page(ROOT) + "\n"
    assert main(["print", "--load", "small", "--billed-ms", "100000"]) == 0
    assert "Lambda: duration, arm64 dominates" in capsys.readouterr().out


def test_load_may_be_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "ours.yaml"
    file.write_text("requests: 2_000_000\nkms_keys: 3\n")
    assert load_named(str(file)).kms_keys == 3
    assert main(["print", "--load", str(file)]) == 0
    assert "| KMS: keys | 3 | 3.00 |" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "set LOAD to small, medium, large or to a YAML file"),
        ("writes: 1", "is not valid"),
        ("", "is not valid"),
        ("- 1", "is not valid"),
        ("requests: [1\n", "is not valid"),
        ("requests: 0", "requests is 0, and must be a number at least 1"),
        ("requests: abc", "requests is 'abc'"),
        ("requests: .inf", "requests is inf"),
        ("{requests: 1, write_share: 1.5}", "write_share is 1.5, and must be a number from 0 to 1"),
        ("{requests: 1, memory_mb: true}", "memory_mb is True"),
        ("{requests: 1, architecture: mips}", "architecture is 'mips', and must be arm64 or x86_64"),
        ("{requests: 1, tracing: maybe}", "tracing is 'maybe'"),
    ],
)
def test_unknown_load_is_rejected_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None, reason: str
) -> None:
    if text is not None:
        (tmp_path / "load.yaml").write_text(text)
    assert main(["print", "--load", str(tmp_path / "load.yaml")]) == 1
    error = capsys.readouterr().err
    assert reason in error
    assert len(error.splitlines()) == 1


def test_measured_figures_are_plausible() -> None:
    request, of = read()
    assert of
    assert 0.5 < request.billed_ms < 1000
    assert 500 < request.log_bytes < 20_000
