"""The arithmetic of an estimate, compared with cases that were computed by hand."""

from dataclasses import replace

import pytest

from cost.estimate import Load, Request, Services, costs, quantities
from cost.page import prices

REQUEST = Request(billed_ms=10, init_ms=500, log_bytes=2_000, response_bytes=1_000)
SERVICES = Services(
    functions=2, read_units=1.5, units_of_writes=(1, 6), units_of_one=4, metrics=60, alarm_metrics=40, secrets=1
)
LOAD = Load(requests=1_000_000, write_share=0.25, cold_start_share=0.01, memory_mb=2048)


def test_quantities_of_a_million_requests() -> None:
    assert quantities(LOAD, REQUEST, SERVICES) == pytest.approx(
        {
            "api_requests": 1_000_000,
            "function_requests": 1_000_000,
            "data_out": 1.0,  # 10^6 of 1,000 bytes
            # 10^6 of 10 ms are 10,000 s, 10^4 cold starts of 500 ms 5,000 s; twice that in GB-seconds.
            "gb_seconds_arm64": 30_000,
            "read_units": 1_375_000,  # 750,000 of 1.5, and 250,000 of 1
            "write_units": 1_500_000,  # 250,000 of 6
            "log_gb": 2.0,
            "metrics": 60,
            "alarm_metrics": 40,
            "dashboards": 1,
            "secrets": 1,
            # Two functions trace at most 2 x 2,628,000 first requests of a second: all of them.
            "traces": 1_000_000,
        }
    )


def test_costs_of_a_million_requests() -> None:
    found = costs(quantities(LOAD, REQUEST, SERVICES), prices())
    assert {name: round(cost, 2) for name, cost in found.items()} == {
        "metrics": 18.00,
        "traces": 5.00,
        "alarm_metrics": 4.00,
        "dashboards": 3.00,
        "api_requests": 1.00,
        "log_gb": 1.00,
        "write_units": 0.94,  # 1.5 of 0.625
        "gb_seconds_arm64": 0.40,  # 30,000 of 0.0000133334
        "secrets": 0.40,
        "function_requests": 0.20,
        "read_units": 0.17,  # 1.375 of 0.125
        "data_out": 0.09,
    }
    assert next(iter(found)) == "metrics"
    assert sum(found.values()) == pytest.approx(34.20, abs=0.01)


def test_of_many_requests_a_twentieth_is_traced() -> None:
    # One per second and function: 2 x 730 x 3,600 = 5,256,000; of the other 94,744,000, 5 %.
    load = replace(LOAD, requests=100_000_000)
    assert quantities(load, REQUEST, SERVICES)["traces"] == pytest.approx(9_993_200)
    assert "traces" not in quantities(replace(load, tracing=False), REQUEST, SERVICES)


def test_snap_start_costs_its_snapshots_and_restores_and_saves_init() -> None:
    found = quantities(replace(LOAD, snap_start_versions=4), REQUEST, SERVICES)
    assert found["gb_seconds_arm64"] == pytest.approx(20_000)
    assert found["snapshot_gb_seconds"] == pytest.approx(21_024_000)  # 4 versions of 2 GB for 2,628,000 s
    assert found["restored_gb"] == pytest.approx(20_000)  # 10,000 cold starts of 2 GB
    priced = costs(found, prices())
    assert (round(priced["snapshot_gb_seconds"], 2), round(priced["restored_gb"], 2)) == (31.63, 2.80)


def test_choices_of_an_environment() -> None:
    found = quantities(replace(LOAD, architecture="x86_64", kms_keys=2), REQUEST, SERVICES)
    assert (found["gb_seconds_x86_64"], found["keys"]) == (30_000, 2)
    assert "gb_seconds_arm64" not in found
    assert costs(found, prices())["keys"] == 2.00
