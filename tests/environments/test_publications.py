"""Which services a plan publishes again."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from environments.publications import newest_failed


class FakeLambda:
    """A client of a function whose published versions have these states."""

    def __init__(self, *pages: dict[str, str]) -> None:
        self._pages = pages

    def get_paginator(self, operation: str) -> "FakeLambda":
        assert operation == "list_versions_by_function"
        return self

    def paginate(self, *, FunctionName: str) -> list[dict[str, Any]]:  # noqa: N803 - AWS's name
        assert FunctionName == "shop-dev-orders"
        return [{"Versions": [{"Version": version} for version in page]} for page in self._pages]

    def get_function_configuration(self, *, FunctionName: str, Qualifier: str) -> dict[str, str]:  # noqa: N803 - AWS's names
        assert FunctionName == "shop-dev-orders"
        return {"State": next(page[Qualifier] for page in self._pages if Qualifier in page)}


@pytest.mark.parametrize(
    ("pages", "failed"),
    [
        ([{"$LATEST": "Active"}], False),
        ([{"$LATEST": "Active", "1": "Active"}], False),
        ([{"$LATEST": "Active", "9": "Active"}, {"10": "Failed"}], True),
        ([{"$LATEST": "Active", "9": "Failed"}, {"10": "Active"}], False),
        ([{"$LATEST": "Active", "1": "Pending"}], False),
    ],
)
def test_only_a_failed_newest_version_is_published_again(pages: list[dict[str, str]], *, failed: bool) -> None:
    assert newest_failed(FakeLambda(*pages), "shop-dev-orders") is failed


class DeletedFunction(FakeLambda):
    """A client of a function that was deleted."""

    def paginate(self, *, FunctionName: str) -> list[dict[str, Any]]:  # noqa: N803 - AWS's name
        raise ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": FunctionName}}, "ListVersions")


def test_deleted_function_is_not_published_again() -> None:
    assert newest_failed(DeletedFunction(), "shop-dev-orders") is False
