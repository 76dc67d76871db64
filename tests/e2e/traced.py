"""The functions with one tracing library."""

from dataclasses import dataclass

from tests.e2e.failures import Outage
from tests.support.deployed.deployment import Deployment
from tests.support.deployed.faults import Faults


@dataclass(frozen=True)
class Traced:
    """The functions with one tracing library.

    Attributes:
        served: Serves them.
        faulty: Serves them with `faults` between them and AWS.
        outage: The responses of each service while AWS throttled every call.
    """

    served: Deployment
    faulty: Deployment
    faults: Faults
    outage: dict[str, Outage]
