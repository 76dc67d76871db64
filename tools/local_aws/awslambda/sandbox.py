"""The first code of an environment's process: makes it end with its parent, then runs AWS's runtime client.

Run with `-c` by the base interpreter, before anything of this project can be imported.
"""

import fcntl
import os
import resource
import runpy
import select
import signal
import sys

_OPEN_FILES = 1024  # https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_SET_SIGNAL = 10  # F_SETSIG of fcntl(2), which Python's module lacks on some builds


def die_with(lifeline: int) -> None:
    """Make the kernel kill this process when the last writer of the pipe `lifeline` ends.

    prctl(PR_SET_PDEATHSIG) would need ctypes, which would add to every cold start that is measured here.
    """
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(lifeline, _SET_SIGNAL, signal.SIGKILL)
    fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)
    poll = select.poll()
    poll.register(lifeline, 0)  # hang-ups are always reported
    if poll.poll(0):
        sys.exit("the parent ended first")


def main() -> None:
    """Arguments: the lifeline's descriptor, the handler, and the folders to import from."""
    lifeline, handler, *folders = sys.argv[1:]
    die_with(int(lifeline))
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    open_files = _OPEN_FILES if most == resource.RLIM_INFINITY else min(_OPEN_FILES, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (open_files, open_files))
    sys.path[:0] = folders
    sys.argv[1:] = [handler]
    runpy.run_module("awslambdaric", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
