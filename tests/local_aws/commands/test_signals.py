"""`up` ends before it serves on SIGINT and SIGTERM, even when its parent ignores them."""

import signal
from pathlib import Path

import pytest

from local_aws.commands.delivery import delivering
from tests.support.deployed.up import Up

IGNORING = ("sh", "-c", "trap '' INT TERM; exec \"$@\"", "sh")  # as nohup and a shell's & do


@pytest.mark.parametrize("below", [(), IGNORING], ids=["default", "ignored"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_up_ends_on_a_signal_before_it_serves(tmp_path: Path, number: signal.Signals, below: tuple[str, ...]) -> None:
    with delivering(), Up(tmp_path, below=below) as up:  # It waits for the other delivery, with its control plane up.
        up.wait_for("Waiting for another command that packages in this clone.")
        assert up.end(number) == 128 + number
    assert up.left_behind() == []
