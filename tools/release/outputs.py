"""The applied stack, as `terraform output -json` describes it."""

import json
from dataclasses import dataclass
from typing import Any


class OutputsError(Exception):
    """The outputs are not those of the environment; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Service:
    """A service's function, the alias that the API calls, and its deployment group (None without CodeDeploy)."""

    name: str
    function: str
    alias: str
    group: str | None


@dataclass(frozen=True, slots=True)
class Stack:
    """What to release, and how.

    Attributes:
        strategy: The variable `release.strategy`.
        keep_versions: Published versions of a function to keep.
        application: Of CodeDeploy; None if Terraform moves the aliases.
        hook: ARN of the function that tests a version before it gets traffic.
    """

    strategy: str
    keep_versions: int
    application: str | None
    hook: str | None
    services: tuple[Service, ...]

    @property
    def minutes(self) -> int:
        """The minutes in which traffic shifts."""
        kind, _, minutes = self.strategy.rpartition("_10_")
        return int(minutes) * {"canary": 1, "linear": 9}[kind] if kind else 0


def read_stack(text: str, environment: str) -> Stack:
    """Return the stack of this environment.

    Raises:
        OutputsError: The text is not the output of `terraform output -json` after an apply, or of another environment.
    """
    try:
        values: dict[str, Any] = json.loads(text)["release"]["value"]
        found = values["environment"]
    except (KeyError, TypeError, ValueError):
        raise OutputsError(
            "The input has no output `release`. After an apply, pipe `terraform output -json` into this."
        ) from None
    if found != environment:
        raise OutputsError(
            f"The outputs are those of {found}, not of {environment}: use `make release ENV={environment}`."
        )
    try:
        return _stack(values)
    except KeyError as error:
        raise OutputsError(f"The output `release` has no {error}: apply this commit first.") from None


def _stack(values: dict[str, Any]) -> Stack:
    return Stack(
        strategy=values["strategy"],
        keep_versions=values["keep_versions"],
        application=values["application"],
        hook=values["hook_arn"],
        services=tuple(
            Service(name, service["function_name"], service["alias_name"], service["deployment_group"])
            for name, service in sorted(values["services"].items())
        ),
    )
