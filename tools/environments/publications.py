"""Finds releases that ended before their end: versions whose INIT failed when Lambda took their snapshot."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from environments.account import Account, client


def to_publish_again(outputs: Mapping[str, Any], account: Account) -> list[str]:
    """Return the arguments of `terraform plan` that publish the services again whose newest version has failed.

    Without them, a plan has nothing to publish, and its apply points the alias at the failed version:
    https://github.com/hashicorp/terraform-provider-aws/issues/49904.
    """
    services = outputs.get("release", {}).get("services", {})
    lambda_ = client("lambda", account.region)
    failed = [name for name, service in services.items() if newest_failed(lambda_, service["function_name"])]
    for name in failed:
        print(f"The newest version of {name} failed in INIT, so a new one is published.")
    return [f'-replace=module.service["{name}"].terraform_data.publication' for name in failed]


def newest_failed(lambda_: Any, function_name: str) -> bool:
    """Return whether the newest published version of the function failed; False for a deleted function."""
    newest: dict[str, Any] = {}
    try:
        for page in lambda_.get_paginator("list_versions_by_function").paginate(FunctionName=function_name):
            newest = max([newest, *page["Versions"]], key=_number)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return False
        raise
    return _number(newest) > 0 and _state(lambda_, function_name, newest["Version"]) == "Failed"


def _number(version: dict[str, Any]) -> int:
    number = version.get("Version", "$LATEST")
    return int(number) if number.isdecimal() else 0


def _state(lambda_: Any, function_name: str, version: str) -> str:
    """Return the version's state, which lists of versions leave out."""
    state: str = lambda_.get_function_configuration(FunctionName=function_name, Qualifier=version)["State"]
    return state
