"""The plan of faults of a running control plane."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import httpx2

from local_aws.control_plane.server import ControlPlane


class FaultPlan:
    """Changes the plan at an address; needs the control plane's key."""

    def __init__(self, url: str, key: str) -> None:
        self._url = url
        self._client = httpx2.Client(headers={"authorization": f"Bearer {key}"})

    @classmethod
    def of(cls, running: ControlPlane) -> Self:
        """Return the plan of a control plane of this process."""
        return cls(running.faults_url, running.environment["AWS_SECRET_ACCESS_KEY"])

    def add(self, *faults: dict[str, Any]) -> None:
        """Add faults."""
        self._client.post(self._url, json=faults).raise_for_status()

    def report(self) -> list[dict[str, Any]]:
        """Return each fault, and what it hit."""
        found: list[dict[str, Any]] = self._client.get(self._url).raise_for_status().json()["faults"]
        return found

    def clear(self) -> None:
        """Remove every fault."""
        self._client.delete(self._url).raise_for_status()

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def replace(self, *faults: dict[str, Any]) -> None:
        """Plan only these faults."""
        self.clear()
        self.add(*faults)

    @contextmanager
    def planned(self, *faults: dict[str, Any]) -> Iterator[None]:
        """Plan only these faults for the block, each of which must hit as many calls as it says."""
        self.replace(*faults)
        try:
            yield
            assert [(fault["kind"], fault["hit"]) for fault in self.report()] == [
                (fault["kind"], fault.get("count", 1)) for fault in faults
            ]
        finally:
            self.clear()
