"""The JSON of a dashboard with the height of a real one, and a function that must not be invoked."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

BEGIN, PERIOD = 1795292230, 5


def a_line(label: str = "p99", *values: float, axis: str = "left", unit: str | None = "Milliseconds") -> dict[str, Any]:
    points = [[BEGIN + PERIOD * number, value] for number, value in enumerate(values or (3.0, 4.0, 1200.0))]
    return {"label": label, "axis": axis, "unit": unit, "points": points}


def a_graph(row: int = 0, *lines: dict[str, Any], **changes: Any) -> dict[str, Any]:
    place = {"x": 8, "y": 1 + 6 * row, "width": 8, "height": 6}
    return {"place": place, "title": "Latency", "marks": [], "lines": list(lines), "unknown": []} | changes


def a_view(*widgets: dict[str, Any]) -> dict[str, Any]:
    heading = {"place": {"x": 0, "y": 0, "width": 24, "height": 1}, "heading": "Traffic", "level": 2}
    return {
        "name": "shelf-dev",
        "period_s": PERIOD,
        "applied_periods_s": [60],
        "begin": BEGIN,
        "end": BEGIN + 6 * PERIOD,
        "widgets": [heading, *(widgets or [a_graph(row, a_line()) for row in range(5)])],
    }


async def never_invoked(_request: Request) -> Response:
    raise AssertionError
