"""Terraform ends by itself when the command that runs it is interrupted."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from environments.terraform import ROOT

# As a terminal does: SIGINT for the whole group. Terraform then needs a while to write its state.
SCRIPT = "trap 'sleep 1; echo saved; exit 1' INT; echo started; read line"
COMMAND = """
import sys
from pathlib import Path
from environments.terraform import Terraform
try:
    Terraform(Path(sys.argv[1]), Path(sys.argv[1], "data")).run("apply")
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def test_terraform_ends_before_the_command_does(tmp_path: Path, terraform: Callable[[str], Path]) -> None:
    terraform(SCRIPT)
    with subprocess.Popen(
        [sys.executable, "-c", COMMAND, str(tmp_path)],
        env=os.environ | {"PYTHONPATH": str(ROOT / "tools")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "started\n"
        os.killpg(process.pid, signal.SIGINT)
        assert process.stdout.read() == "saved\ninterrupted\n"
    assert process.returncode == 0
