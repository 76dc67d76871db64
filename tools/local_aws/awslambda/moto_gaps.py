"""Lambda: fills gaps of moto 5.2.5.

It drops a function's LoggingConfig and SnapStart, has no download address for a deployed zip, and copies all logs of
the region whenever it copies a function.
"""

import json
import re
from typing import Any
from urllib.parse import quote

from moto.awslambda import models, urls
from moto.awslambda.responses import LambdaResponse
from moto.awslambda.utils import get_backend, split_layer_arn
from moto.core.common_types import TYPE_RESPONSE
from moto.logs.models import LogsBackend, logs_backends

from local_aws.awslambda import capacity_gaps
from local_aws.awslambda.moto_images import ImageFunction

# moto's server finds the service of an unsigned request in the first part of its path: /<service>_<region>/.
DOWNLOAD = re.compile(
    r"/lambda_(?P<region>[^/]+)/(?P<account>\d+)/(?P<kind>functions|layers)/(?P<name>[^/]+)/(?P<version>[^/]+)/zip$"
)


def apply() -> None:
    """Fill the gaps for every server that this process starts afterwards."""
    vars(models)["LambdaFunction"] = LoggingFunction
    for path in urls.url_paths:
        urls.url_paths[path] = DownloadableResponse.dispatch
    urls.url_paths["{0}" + DOWNLOAD.pattern] = download
    capacity_gaps.apply()


class LoggingFunction(ImageFunction):
    """A function that stores its LoggingConfig and its SnapStart, and says when an INIT before its use has failed.

    https://docs.aws.amazon.com/lambda/latest/api/API_LoggingConfig.html,
    https://docs.aws.amazon.com/lambda/latest/api/API_SnapStartResponse.html.
    """

    def __init__(self, account_id: str, spec: dict[str, Any], region: str, version: str | int = 1) -> None:
        super().__init__(account_id, spec, region, version)
        self.logging_config: dict[str, str] = spec.get("LoggingConfig", {})
        self.snap_start: str = spec.get("SnapStart", {}).get("ApplyOn", "None")
        self.published = False
        self.provisioned: dict[str, capacity_gaps.Provisioned] = {}

    @property
    def logs_backend(self) -> LogsBackend:
        """The logs of the region, looked up on each access.

        moto stores them in each function, and copies both when a version is published. The copy takes longer the more
        was logged, and fails if another call changes the logs meanwhile.
        """
        backend: LogsBackend = logs_backends[self.account_id][self.region]
        return backend

    @logs_backend.setter
    def logs_backend(self, backend: LogsBackend) -> None:
        """Ignore the value that moto sets."""

    def get_configuration(self, on_create: bool = False) -> dict[str, Any]:  # noqa: FBT001, FBT002 - moto's signature
        """Return moto's response with the LoggingConfig, completed by AWS's defaults, and with SnapStart."""
        defaults = {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{self.function_name}"}
        configuration = super().get_configuration(on_create) | {"LoggingConfig": defaults | self.logging_config}
        optimised = self.published and self.snap_start != "None"
        configuration["SnapStart"] = {"ApplyOn": self.snap_start, "OptimizationStatus": "On" if optimised else "Off"}
        if self.state == "Pending":
            configuration |= {"StateReason": "The function is being created.", "StateReasonCode": "Creating"}
            configuration["LastUpdateStatus"] = "InProgress"
        if self.state == "Failed":
            code = "FunctionError.RuntimeInitError"
            configuration |= {"StateReason": capacity_gaps.REASON, "StateReasonCode": code}
            configuration |= {"LastUpdateStatus": "Failed", "LastUpdateStatusReason": capacity_gaps.REASON}
            configuration["LastUpdateStatusReasonCode"] = code
        return configuration

    def update_configuration(self, config_updates: dict[str, Any]) -> dict[str, Any]:
        """Update the LoggingConfig, SnapStart and everything that moto updates."""
        self.snap_start = config_updates.get("SnapStart", {}).get("ApplyOn", self.snap_start)
        self.logging_config = config_updates.get("LoggingConfig", self.logging_config)
        return super().update_configuration(config_updates)


class DownloadableResponse(LambdaResponse):
    """moto's responses, with a download address of each zip in place of AWS's presigned URL."""

    def get_function(self) -> str:
        """GetFunction: https://docs.aws.amazon.com/lambda/latest/api/API_FunctionCodeLocation.html."""
        answer = json.loads(super().get_function())
        configuration = answer["Configuration"]
        version = self.backend.get_function(self.path.rsplit("/", 1)[-1], self._get_param("Qualifier")).version
        answer["Code"]["Location"] = self._location("functions", configuration["FunctionName"], str(version))
        return json.dumps(answer)

    def get_layer_version(self) -> str:
        """GetLayerVersion: https://docs.aws.amazon.com/lambda/latest/api/API_LayerVersionContentOutput.html."""
        return self._with_location(json.loads(super().get_layer_version()))

    def get_layer_version_by_arn(self) -> str | tuple[int, dict[str, Any], str]:
        """GetLayerVersionByArn, which moto lacks."""
        layer = self.backend.layers_versions_by_arn(self._get_param("Arn"))
        if layer is None:
            message = json.dumps({"Type": "User", "Message": "The resource you requested does not exist."})
            return 404, {"status": 404, "x-amzn-errortype": "ResourceNotFoundException"}, message
        return self._with_location(layer.get_layer_version())

    def _with_location(self, answer: dict[str, Any]) -> str:
        layer = split_layer_arn(answer["LayerVersionArn"])
        answer["Content"]["Location"] = self._location("layers", layer.layer_name, layer.version)
        return json.dumps(answer)

    def _location(self, kind: str, name: str, version: str) -> str:
        host = self.headers["Host"]
        return f"http://{host}/lambda_{self.region}/{self.current_account}/{kind}/{name}/{quote(version)}/zip"


def download(request: Any, _url: str, _headers: Any) -> TYPE_RESPONSE:
    """Return the bytes of the deployed zip, or 404 when the function or layer version does not exist."""
    part = DOWNLOAD.fullmatch(request.path)
    if part is None:
        return 404, {}, ""
    backend = get_backend(part["account"], part["region"])
    try:
        if part["kind"] == "functions":
            code = backend.get_function(part["name"], part["version"]).code_bytes
        else:
            code = backend.get_layer_version(part["name"], part["version"]).code_bytes
    except (models.UnknownFunctionException, models.UnknownLayerException):
        return 404, {}, ""
    return 200, {"Content-Type": "application/zip"}, code
