"""The services of this repository, and the names of their resources in the deployment of the tests."""

from typing import Final

from monorepo.product import product
from monorepo.services import ROOT, Service, services

ALL: Final[dict[str, Service]] = {service.name: service for service in services()}
SERVICES: Final = tuple(ALL)
PREFIX: Final = f"{product().name}-dev"
METRICS_NAMESPACE: Final = f"{product().title}/dev"

__all__ = ["ALL", "METRICS_NAMESPACE", "PREFIX", "ROOT", "SERVICES", "Service", "address", "deployed_name"]


def deployed_name(name: str) -> str:
    """Return the name of the function, role, table or secret `name` in the deployment of the tests."""
    return f"{PREFIX}-{name}"


def address(service: str) -> str:
    """Return the service's address: the first of its paths."""
    return ALL[service].paths[0]
