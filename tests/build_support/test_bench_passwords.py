import time

import pytest

from tests.build_support.scripts import load

bench_passwords = load("bench_passwords.py")


@pytest.mark.parametrize(("memory_mb", "factor"), [(1769, 1), (3008, 1), (884.5, 2), (176.9, 10)])
def test_a_function_waits_in_inverse_proportion_to_its_memory_up_to_one_vcpu(memory_mb: float, factor: float) -> None:
    assert bench_passwords.waited(0.05, memory_mb) == pytest.approx(0.05 * factor)


def test_only_the_time_on_the_processor_is_measured() -> None:
    calls = []

    def work() -> None:
        calls.append(time.process_time())
        while time.process_time() < calls[-1] + 0.01:
            pass

    assert 0.01 <= bench_passwords.cpu_seconds(work, repeat=5) < 0.02
    assert len(calls) == 6


def test_the_table_says_what_is_measured_and_what_is_computed() -> None:
    measured, _, head, _, *rows = bench_passwords.table(0.030, 0.040).splitlines()
    assert measured.startswith("Measured on ")
    assert measured.endswith("hashing 30 ms, of verifying 40 ms.")
    assert "computed" in head
    assert rows[0] == "| 256 MB | 276 ms |"
    assert rows[-1] == "| 3,008 MB | 40 ms |"
