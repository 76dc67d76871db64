"""The functions with one tracing library."""

from dataclasses import dataclass

from tests.e2e.failures import Outage
from tests.support.deployed.deployment import Deployment


@dataclass(frozen=True)
class Traced:
    """The functions with one tracing library.

    Attributes:
        served: Serves them.
        faulty: Serves them in other environments, whose first requests were those of the outage.
        outage: The responses of each service while AWS throttled every call.
    """

    served: Deployment
    faulty: Deployment
    outage: dict[str, Outage]
