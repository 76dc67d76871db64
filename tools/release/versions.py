"""The published versions of a function, and the one that its alias invokes."""

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


class Versions:
    """The versions of a function, by number.

    Args:
        client: boto3's client of Lambda.
        function: The function's name.
        alias: The alias that the API calls.
    """

    def __init__(self, client: "LambdaClient", function: str, alias: str) -> None:
        self._client = client
        self._function = function
        self._alias = alias

    def published(self) -> dict[int, datetime]:
        """Return when each version was published, the oldest first."""
        pages = self._client.get_paginator("list_versions_by_function").paginate(FunctionName=self._function)
        found = [version for page in pages for version in page["Versions"] if version["Version"].isdecimal()]
        return {
            int(version["Version"]): datetime.fromisoformat(version["LastModified"])
            for version in sorted(found, key=lambda version: int(version["Version"]))
        }

    def live(self) -> int:
        """Return the version that the alias invokes; during a deployment, the one before it."""
        return int(self._client.get_alias(FunctionName=self._function, Name=self._alias)["FunctionVersion"])

    def prune(self, keep: int, never: Collection[int]) -> list[int]:
        """Delete all but the newest `keep` versions, those in `never` and those of any alias; return the deleted."""
        published = list(self.published())
        needed = {*published[-keep:], *never, *self._aliased()}
        deleted = [version for version in published if version not in needed]
        for version in deleted:
            self._client.delete_function(FunctionName=self._function, Qualifier=str(version))
        return deleted

    def _aliased(self) -> set[int]:
        found: set[str] = set()
        for page in self._client.get_paginator("list_aliases").paginate(FunctionName=self._function):
            for alias in page["Aliases"]:
                weights = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights", {})
                found |= {alias["FunctionVersion"], *weights}
        return {int(version) for version in found if version.isdecimal()}
