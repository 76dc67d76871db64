"""Lambda: SnapStart and provisioned concurrency, which moto 5.2.5 lacks.

Both initialise environments of a version in advance. While a data plane serves, it really runs that INIT: a version
whose INIT fails gets the state Failed, and its provisioned concurrency the status FAILED. Without one, both succeed at
once. AWS does not document the texts of the errors: those about weights are from public reports.
"""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from moto.awslambda import models, urls
from moto.awslambda.exceptions import LambdaClientError
from moto.awslambda.responses import LambdaResponse
from moto.core.common_types import TYPE_RESPONSE

from local_aws.clients.data_plane_link import data_plane

REASON = "An error occurred during function initialization."
FAILED = "The operation cannot be performed at this time. The function is currently in the following state: Failed"
UNPUBLISHED = "Provisioned Concurrency Configs cannot be applied to unpublished function versions."
SNAP_START = "Provisioned Concurrency is not supported for functions enabled with SnapStart."
RESERVED = "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function"
INVALID = "Invalid alias configuration for Provisioned Concurrency"
WEIGHTED = "Alias with weights can not be used with Provisioned Concurrency"
_PATH = r"{0}/2019-09-30/functions/(?P<function_name>[^/]+)/provisioned-concurrency/?$"

_publish_version = models.LambdaBackend.publish_version
_update_alias = models.LambdaBackend.update_alias


@dataclass
class Provisioned:
    """The provisioned concurrency of an alias or a version."""

    executions: int
    modified: str
    status: str = "IN_PROGRESS"

    def document(self, arn: str) -> dict[str, Any]:
        """Return it in the form of ProvisionedConcurrencyConfigListItem."""
        ready = self.executions if self.status == "READY" else 0
        return {
            "FunctionArn": arn,
            "RequestedProvisionedConcurrentExecutions": self.executions,
            "AllocatedProvisionedConcurrentExecutions": ready,
            "AvailableProvisionedConcurrentExecutions": ready,
            "Status": self.status,
            "LastModified": self.modified,
        } | ({"StatusReason": "FUNCTION_ERROR_INIT_FAILURE"} if self.status == "FAILED" else {})


def apply() -> None:
    """Fill the gaps for every server that this process starts afterwards."""
    backend: Any = models.LambdaBackend
    backend.publish_version = publish_version
    backend.update_alias = update_alias
    urls.url_paths[_PATH] = ProvisionedResponse.dispatch


class ProvisionedResponse(LambdaResponse):
    """Responses of the four operations on provisioned concurrency, which share a path."""

    def call_action(self) -> TYPE_RESPONSE:
        """Respond to the request."""
        try:
            return respond(self)
        except LambdaClientError as error:
            return error.code or HTTPStatus.BAD_REQUEST, dict(error.get_headers()), error.description or ""


def publish_version(backend: Any, function_name: str, description: str = "") -> Any:
    """PublishVersion; with SnapStart, the version is Pending until its INIT has run."""
    before = {version.version for version in backend.list_versions_by_function(function_name)}
    version: Any = _publish_version(backend, function_name, description)
    if version is not None and version.version not in before:
        version.published = True
        if version.snap_start == "PublishedVersions":

            def done(error: str | None) -> None:
                version.state = "Failed" if error else "Active"

            version.state = "Pending"
            _initialise(version.function_arn, "snap-start", done)
    return version


def update_alias(
    backend: Any, name: str, function_name: str, function_version: str, description: str, routing_config: Any
) -> Any:
    """UpdateAlias, which rejects failed versions.

    An alias with provisioned concurrency sends all requests to its old version until the new one's environments are
    initialised, and keeps doing so if they fail.
    """
    alias = backend.get_alias(name, function_name)
    old, new = str(alias.function_version), str(function_version or alias.function_version)
    if backend.get_function(function_name, new).state == "Failed":
        raise _error("ResourceConflictException", FAILED, HTTPStatus.CONFLICT)
    config = _configs(backend, function_name).get(name)
    if config is not None and new != old:
        if alias.routing_config:
            raise _error("InvalidParameterValueException", INVALID)
        routing_config = {"AdditionalVersionWeights": {old: 1.0}}
    updated: Any = _update_alias(backend, name, function_name, function_version, description, routing_config)
    if config is not None and new != old:

        def done(error: str | None) -> None:
            config.status = "FAILED" if error else "READY"
            updated.routing_config = updated.routing_config if error else {}

        config.status = "IN_PROGRESS"
        _initialise(backend.get_function(function_name, new).function_arn, "provisioned-concurrency", done)
    return updated


def respond(response: Any) -> TYPE_RESPONSE:
    """Respond to the four operations on provisioned concurrency: Put, Get, List, Delete."""
    backend = response.backend
    name = response.path.rstrip("/").split("/")[-2]
    function = backend.get_function(name)
    configs = _configs(backend, name)
    arn = function.function_arn.removesuffix(":$LATEST")
    if "List" in response.querystring:
        listed = [config.document(f"{arn}:{qualifier}") for qualifier, config in configs.items()]
        return 200, {}, json.dumps({"ProvisionedConcurrencyConfigs": listed})
    qualifier = response._get_param("Qualifier")  # noqa: SLF001 - how moto's own responses read it
    version = backend.get_function(name, qualifier)
    if response.method == "PUT":
        executions = json.loads(response.body)["ProvisionedConcurrentExecutions"]
        _check(backend, function, qualifier, executions)
        config = configs[qualifier] = Provisioned(executions, f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S+0000}")

        def done(error: str | None) -> None:
            config.status = "FAILED" if error else "READY"

        accepted = json.dumps(config.document(f"{arn}:{qualifier}"))
        _initialise(version.function_arn, "provisioned-concurrency", done)
        return 202, {"status": 202}, accepted
    if qualifier not in configs:
        text = f"No Provisioned Concurrency Config found for function: {arn}:{qualifier}"
        raise _error("ProvisionedConcurrencyConfigNotFoundException", text, HTTPStatus.NOT_FOUND)
    if response.method == "DELETE":
        del configs[qualifier]
        return 204, {"status": 204}, ""
    return 200, {}, json.dumps(configs[qualifier].document(f"{arn}:{qualifier}"))


def _check(backend: Any, function: Any, qualifier: str, executions: int) -> None:
    """Raise Lambda's error unless this alias or version may have this many."""
    if qualifier == "$LATEST":
        raise _error("InvalidParameterValueException", UNPUBLISHED)
    if backend.get_function(function.function_name, qualifier).snap_start == "PublishedVersions":
        raise _error("InvalidParameterValueException", SNAP_START)
    aliases = {alias.name: alias for alias in backend.list_aliases(function.function_name)}
    if qualifier in aliases and aliases[qualifier].routing_config:
        raise _error("InvalidParameterValueException", WEIGHTED)
    reserved = function.reserved_concurrency
    others = sum(
        config.executions for other, config in _configs(backend, function.function_name).items() if other != qualifier
    )
    if reserved is not None and executions + others > int(reserved):
        raise _error("InvalidParameterValueException", RESERVED)


def _configs(backend: Any, function_name: str) -> dict[str, Provisioned]:
    """Return the configurations of a function, which are deleted with it."""
    configs: dict[str, Provisioned] = backend.get_function(function_name).provisioned
    return configs


def _initialise(arn: str, kind: str, done: Callable[[str | None], None]) -> None:
    """Report the error of the version's INIT, or None: at once if there is no data plane, otherwise from a thread."""
    if data_plane.address is None:
        done(None)
    else:
        threading.Thread(target=lambda: done(data_plane.initialise(arn, kind)), daemon=True).start()


def _error(kind: str, text: str, status: int = HTTPStatus.BAD_REQUEST) -> LambdaClientError:
    error = LambdaClientError(kind, text)
    error.code = int(status)
    return error
