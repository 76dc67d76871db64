"""The time of each function belongs to the group of its package."""

import pytest

from benchmarks.inside.shares import ANSWERS, OTHERS, shares

LAYER, BUILTIN = ("/opt/python/botocore/client.py", 1, "call"), ("~", 0, "<built-in method len>")
LIBRARY = ("/usr/lib/python3.13/json/decoder.py", 1, "decode")


def test_function_in_c_belongs_to_its_callers() -> None:
    stats = {
        LAYER: (1, 1, 2.0, 5.0, {}),
        LIBRARY: (1, 1, 4.0, 4.0, {}),
        BUILTIN: (3, 3, 2.0, 2.0, {LAYER: (2, 2, 1.5, 1.5), LIBRARY: (1, 1, 0.5, 0.5)}),
    }
    assert shares(stats) == {"botocore": pytest.approx(3.5 / 8), "Python's library": pytest.approx(4.5 / 8)}


@pytest.mark.parametrize(
    ("path", "group"),
    [
        ("/opt/python/fastapi/routing.py", "FastAPI and Starlette"),
        ("/opt/python/common/runtime.py", "common"),
        ("/opt/python/jwt/api.py", OTHERS),
        ("/var/task/things/routes.py", OTHERS),
        ("/var/task/bare.py", OTHERS),
        ("/somewhere/benchmarks/inside/answered.py", ANSWERS),
        ("<string>", "Python's library"),
    ],
)
def test_path_has_a_group(path: str, group: str) -> None:
    assert shares({(path, 1, "name"): (1, 1, 1.0, 1.0, {})}) == {group: 1.0}


def test_nothing_has_no_shares() -> None:
    assert shares({}) == {}
