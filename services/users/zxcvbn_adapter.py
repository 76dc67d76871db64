"""The common passwords of zxcvbn, loaded with the first password that is set."""

import functools
from importlib.util import find_spec
from pathlib import Path
from runpy import run_path


class ZxcvbnList:
    """The `CommonPasswords` of this service: 30,000 passwords from leaks."""

    def __contains__(self, password: str) -> bool:
        """See `CommonPasswords.__contains__`."""
        return password in _passwords()


@functools.cache
def _passwords() -> frozenset[str]:
    # Runs the file with the lists without importing the package, which would build dictionaries of all lists and need
    # twice the memory.
    package = find_spec("zxcvbn")
    assert package is not None  # noqa: S101 - a pinned requirement
    lists = run_path(str(Path(str(package.origin)).with_name("frequency_lists.py")))
    return frozenset(lists["FREQUENCY_LISTS"]["passwords"])
