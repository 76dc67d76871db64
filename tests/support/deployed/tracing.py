"""The deployed functions with other tracing libraries than the one that Terraform has chosen."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from common.telemetry.traces import Library
from local_aws.data_plane.reader import read_deployment
from local_aws.model.deployment import Deployment, Function, Route

WITHOUT_TRACING: Final = "/without-tracing"


def other_tracing(control_plane: Mapping[str, str]) -> Deployment:
    """Return the deployment with the X-Ray SDK, and a path to a function without tracing."""
    found = read_deployment(control_plane)
    functions = {arn: _traced_by(function, "powertools") for arn, function in found.functions.items()}
    name, function = next(iter(found.functions.items()))
    off = f"{name}-without-tracing"
    return replace(
        found,
        functions={**functions, off: _traced_by(function, "off")},
        routes=(*found.routes, Route(f"GET {WITHOUT_TRACING}", off)),
    )


def _traced_by(function: Function, library: Library) -> Function:
    """Return the function with what `sizing.<service>.tracing` sets."""
    variables = {**function.variables, "TRACING": library}
    return replace(function, variables=variables, active_tracing=library != "off")
