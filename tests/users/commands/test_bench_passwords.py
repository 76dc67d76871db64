import time

import pytest

from users.commands import bench_passwords


@pytest.mark.parametrize(("memory_mb", "factor"), [(1769, 1), (3008, 1), (884.5, 2), (176.9, 10)])
def test_time_is_inverse_to_memory_up_to_one_vcpu(memory_mb: float, factor: float) -> None:
    assert bench_passwords.wait_seconds(0.05, memory_mb) == pytest.approx(0.05 * factor)


def test_only_cpu_time_is_measured() -> None:
    calls = []

    def work() -> None:
        calls.append(time.process_time())
        while time.process_time() < calls[-1] + 0.01:
            pass

    assert 0.01 <= bench_passwords.cpu_seconds(work, repeat=5) < 0.02
    assert len(calls) == 6


def test_table_marks_measured_and_computed_times() -> None:
    measured, _, head, _, *rows = bench_passwords.table(0.030, 0.040).splitlines()
    assert measured.startswith("Measured on ")
    assert measured.endswith("hashing 30 ms, of verifying 40 ms.")
    assert "computed" in head
    assert rows[0] == "| 256 MB | 276 ms |"
    assert rows[-1] == "| 3,008 MB | 40 ms |"
