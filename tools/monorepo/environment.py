"""The variables that Terraform writes into one function's environment, for local runs and tests."""

import json
from collections.abc import Sequence

from monorepo.services import Service


def secret_variable(secret: str) -> str:
    """Return the name of the variable that tells a function the secret's name."""
    return f"{secret.upper()}_SECRET_ID"


def own_variables(service: Service, every: Sequence[Service], prefix: str) -> dict[str, str]:
    """Return the variables of this function alone, with the local values of its `service.yaml`.

    `terraform/main.tf` and `terraform/modules/lambda_service` write the same.

    Args:
        service: The service.
        every: All services; the default service gets their addresses, because it serves the documentation.
        prefix: What the name of each resource begins with.
    """
    addresses = json.dumps({each.name: each.paths[0] for each in every})
    return {
        "TABLE_NAME": f"{prefix}-{service.name}",
        **({"SERVICES": addresses} if service.default else {}),
        **{secret_variable(secret): f"{prefix}-{secret}" for secret in service.secrets},
        **{name: variable.local for name, variable in service.environment.items()},
    }
