"""AppSpec files."""

from typing import Any


def appspec(
    function: str = "shop",
    *,
    current: str = "1",
    target: str = "2",
    before: str | None = None,
    after: str | None = None,
) -> dict[str, Any]:
    """Return an AppSpec file with the given hooks."""
    properties = {"Name": function, "Alias": "live", "CurrentVersion": current, "TargetVersion": target}
    hooks = {"BeforeAllowTraffic": before, "AfterAllowTraffic": after}
    return {
        "version": 0.0,
        "Resources": [{function: {"Type": "AWS::Lambda::Function", "Properties": properties}}],
        "Hooks": [{event: name} for event, name in hooks.items() if name is not None],
    }
