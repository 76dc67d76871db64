"""The services of this repository, and the names of their resources in the deployment of the tests."""

from typing import Final

from monorepo.product import product
from monorepo.services import ROOT, Service, services

ALL: Final[dict[str, Service]] = {service.name: service for service in services()}
SERVICES: Final = tuple(ALL)
# The one that is deployed as an image, so that the end-to-end tests run both kinds of package.
AS_IMAGE: Final = tuple(name for name, service in ALL.items() if not service.default)[-1:]
PREFIX: Final = f"{product().name}-dev"
REGION: Final = "eu-central-1"
METRICS_NAMESPACE: Final = f"{product().title}/dev"

__all__ = [
    "ALL",
    "AS_IMAGE",
    "METRICS_NAMESPACE",
    "PREFIX",
    "REGION",
    "ROOT",
    "SERVICES",
    "Service",
    "address",
    "deployed_name",
    "deployed_role",
]


def deployed_name(name: str) -> str:
    """Return the name of the function, table or secret `name` in the deployment of the tests."""
    return f"{PREFIX}-{name}"


def deployed_role(service: str) -> str:
    """Return the name of the service's role, which includes the region because roles belong to the account."""
    return f"{deployed_name(service)}-{REGION}"


def address(service: str) -> str:
    """Return the service's address: the first of its paths."""
    return ALL[service].paths[0]
