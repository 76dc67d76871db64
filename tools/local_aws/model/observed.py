"""What the metrics of a run are read from: plain values, which JSON can carry to another process."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local_aws.model.deployment import Deployment


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """A served API and the folder of its data plane.

    Attributes:
        work: The data plane's folder, with the log files in `logs` and the recorded calls.
        api: Id of the API.
        routes: The names of the functions by route key.
    """

    work: str
    api: str
    stage: str
    access_log_group: str | None
    access_log_format: str | None
    routes: Mapping[str, str]

    @classmethod
    def of(cls, deployment: Deployment, work: Path) -> "Observed":
        """Return what is observed of a deployment that is served in the folder `work`."""
        return cls(
            work=str(work),
            api=deployment.api.id,
            stage=deployment.api.stage,
            access_log_group=deployment.api.access_log_group,
            access_log_format=deployment.api.access_log_format,
            routes={route.key: deployment.functions[route.function_arn].name for route in deployment.routes},
        )
