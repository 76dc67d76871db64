"""The arithmetic of an estimate: a load and what a request uses give quantities, which have prices."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

SECONDS: Final = 730 * 3600  # of AWS's month: https://aws.amazon.com/calculator/ uses 730 hours
GB: Final = 1_000_000_000
TRACED_SHARE: Final = 0.05  # of the requests beyond the first one of each second and function

ARCHITECTURES: Final = ("arm64", "x86_64")
# The least and the most of each number of a load. Lambda's memory: 128 to 10,240 MB.
LIMITS: Final = {
    "requests": (1, math.inf),
    "write_share": (0, 1),
    "cold_start_share": (0, 1),
    "memory_mb": (128, 10_240),
    "snap_start_versions": (0, math.inf),
    "kms_keys": (0, math.inf),
    "list_shards": (1, 64),
}


@dataclass(frozen=True, kw_only=True)
class Load:
    """What a deployment serves in a month, evenly spread, and what an environment chooses.

    Attributes:
        requests: Number of requests.
        write_share: Share of them that write.
        cold_start_share: Share of them that start an environment.
        memory_mb: Of each function.
        architecture: arm64 or x86_64.
        tracing: Whether Lambda traces the functions.
        snap_start_versions: Published versions with SnapStart, of all functions (0: SnapStart is off).
        kms_keys: Number of customer managed keys.
        list_shards: Keys of an index that a page of a list is read from (`read` of Terraform's `list_shards`).

    Raises:
        ValueError: A value is of another type, or outside its limits.
    """

    requests: float
    write_share: float = 0.1
    cold_start_share: float = 0.005
    memory_mb: int = 1024
    architecture: str = "arm64"
    tracing: bool = True
    snap_start_versions: int = 0
    kms_keys: int = 0
    list_shards: int = 1

    def __post_init__(self) -> None:
        for name, (least, most) in LIMITS.items():
            value: Any = getattr(self, name)
            if type(value) not in {int, float} or not math.isfinite(value) or not least <= value <= most:
                limits = f"at least {least}" if most == math.inf else f"from {least} to {most}"
                raise ValueError(f"{name} is {value!r}, and must be a number {limits}")
        if self.architecture not in ARCHITECTURES:
            raise ValueError(f"architecture is {self.architecture!r}, and must be {' or '.join(ARCHITECTURES)}")
        if type(self.tracing) is not bool:
            raise ValueError(f"tracing is {self.tracing!r}, and must be true or false")


@dataclass(frozen=True, kw_only=True)
class Request:
    """What the average request uses, measured.

    Attributes:
        billed_ms: Of the invocation.
        init_ms: Billed in addition for a cold start.
        log_bytes: Of all lines, those of Lambda and API Gateway included.
        response_bytes: Of the body.
    """

    billed_ms: float
    init_ms: float
    log_bytes: float
    response_bytes: float


@dataclass(frozen=True, kw_only=True)
class Services:
    """What the services of a repository use.

    Attributes:
        functions: Their number.
        read_units: Of DynamoDB, for a request that reads.
        units_of_writes: Read and write units for a request that writes.
        units_of_one: Those of its write units that one table has, or all indexes: the larger.
        metrics: Custom metrics.
        alarm_metrics: Metrics of all alarms.
        secrets: Number of secrets.
    """

    functions: int
    read_units: float
    units_of_writes: tuple[float, float]
    units_of_one: float
    metrics: int
    alarm_metrics: int
    secrets: int


def quantities(load: Load, request: Request, services: Services) -> dict[str, float]:
    """Return how much of each priced thing a month uses, by its name in prices.yaml."""
    writes = load.requests * load.write_share
    reads = load.requests - writes
    cold_starts = load.requests * load.cold_start_share
    memory_gb = load.memory_mb / 1024
    read_by_writes, written = services.units_of_writes
    # A restored environment has no INIT.
    init_ms = 0 if load.snap_start_versions else cold_starts * request.init_ms
    found = {
        "api_requests": load.requests,
        "data_out": load.requests * request.response_bytes / GB,
        "function_requests": load.requests,
        f"gb_seconds_{load.architecture}": (load.requests * request.billed_ms + init_ms) / 1000 * memory_gb,
        "read_units": reads * services.read_units + writes * read_by_writes,
        "write_units": writes * written,
        "log_gb": load.requests * request.log_bytes / GB,
        "metrics": services.metrics,
        "alarm_metrics": services.alarm_metrics,
        "dashboards": 1,
        "secrets": services.secrets,
        "traces": _traces(load, services.functions) if load.tracing else 0,
        "keys": load.kms_keys,
        "snapshot_gb_seconds": load.snap_start_versions * memory_gb * SECONDS,
        "restored_gb": cold_starts * memory_gb if load.snap_start_versions else 0,
    }
    return {name: quantity for name, quantity in found.items() if quantity}


def costs(found: Mapping[str, float], prices: Mapping[str, float]) -> dict[str, float]:
    """Return the cost of each quantity in USD, the largest first.

    Args:
        found: The quantities.
        prices: USD for one of each.
    """
    priced = {name: quantity * prices[name] for name, quantity in found.items()}
    return dict(sorted(priced.items(), key=lambda pair: (-pair[1], pair[0])))


def _traces(load: Load, functions: int) -> float:
    """Return the traces by Lambda's sampling: one request per second and function, and 5 % of the rest.

    https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html
    """
    first = min(load.requests, functions * SECONDS)
    return first + TRACED_SHARE * (load.requests - first)
