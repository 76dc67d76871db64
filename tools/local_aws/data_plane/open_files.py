"""Raises the limit of open files, and so of connections."""

import logging
import resource

NEEDED = 2048  # 1,000 connections, the environments' pipes and sockets, and a reserve

_logger = logging.getLogger(__name__)


def allow_many_open_files() -> None:
    """Raise the soft limit to the hard one; warn when that is too low for 1,000 connections."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard != resource.RLIM_INFINITY and hard < NEEDED:
        _logger.warning(
            "only %d files may be open here: connections beyond about %d have to wait; `ulimit -Hn %d` allows 1,000",
            hard,
            max(0, hard - (NEEDED - 1000)),
            NEEDED,
        )
