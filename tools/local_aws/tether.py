"""Runs a command that ends, with all of its children, when its parent process ends.

`python -m local_aws.tether COMMAND...` waits for the command or for the end of its standard input, whichever comes
first. The parent holds the other end of that pipe, and the kernel closes it however the parent ends, by kill -9 too.
"""

import os
import signal
import subprocess
import sys
import threading

GRACE_SECONDS = 5.0


def main(command: list[str]) -> int:
    """Run the command in a process group of its own; return its exit code, negative signals as 128 + number.

    When standard input ends, or on SIGTERM, the group gets SIGTERM, and SIGKILL after five seconds.
    """
    started: list[subprocess.Popen[bytes]] = []
    terminated = threading.Event()

    def terminate(_number: int, _frame: object) -> None:
        terminated.set()
        for process in started:
            process.terminate()

    # Before the command starts, so that it does not outlive a tether that is ended at once. A handler that does
    # nothing, unlike SIG_IGN, is not inherited by the command.
    signal.signal(signal.SIGINT, lambda _number, _frame: None)  # The parent decides what Ctrl-C ends.
    signal.signal(signal.SIGTERM, terminate)
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True) as process:
        started.append(process)
        if terminated.is_set():
            process.terminate()
        threading.Thread(target=_end_with_parent, args=(process,), daemon=True).start()
        process.wait()
    _signal_group(process.pid, signal.SIGKILL)  # The command's remaining children, such as a Terraform provider.
    return process.returncode if process.returncode >= 0 else 128 - process.returncode


def _end_with_parent(process: subprocess.Popen[bytes]) -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    _signal_group(process.pid, signal.SIGTERM)
    try:
        process.wait(timeout=GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        _signal_group(process.pid, signal.SIGKILL)


def _signal_group(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return  # The group has ended already.


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
