"""Lambda's gaps: the logging configuration, and an address for each deployed zip."""

import copy
import io
import json
import urllib.error
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.awslambda.models import LambdaFunction
from moto.logs.models import LogsBackend, logs_backends

from local_aws.awslambda.moto_gaps import LoggingFunction
from local_aws.control_plane.server import ControlPlane
from tests.support.moto_servers import aws_client, download, moto_in_this_process

LOGGING = {"LogFormat": "JSON", "ApplicationLogLevel": "TRACE", "SystemLogLevel": "INFO", "LogGroup": "/aws/lambda/fn"}


def _zip(text: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("module.py", text)
    return buffer.getvalue()


@contextmanager
def _function(environment: Mapping[str, str], code: bytes, **settings: Any) -> Iterator[Any]:
    """Yield a client of a Lambda with the function `fn` and its published version 1."""
    with aws_client("iam", environment) as iam, aws_client("lambda", environment) as client:
        role = iam.create_role(RoleName="fn", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17"}))["Role"]
        client.create_function(
            FunctionName="fn",
            Role=role["Arn"],
            Runtime="python3.13",
            Handler="module.handler",
            Code={"ZipFile": code},
            Publish=True,
            **settings,
        )
        try:
            yield client
        finally:
            client.delete_function(FunctionName="fn")
            iam.delete_role(RoleName="fn")


# When a test of plain moto fails, moto has filled a gap: delete its part of awslambda/moto_gaps.py.


def test_plain_moto_forgets_the_logging_configuration() -> None:
    with moto_in_this_process() as environment, _function(environment, _zip(""), LoggingConfig=LOGGING) as client:
        assert "LoggingConfig" not in client.get_function_configuration(FunctionName="fn")


def test_plain_moto_serves_no_deployed_zip() -> None:
    with moto_in_this_process() as environment, _function(environment, _zip("")) as client:
        location = client.get_function(FunctionName="fn")["Code"]["Location"]
        assert location.startswith("https://awslambda-eu-central-1-tasks.s3.")  # AWS's own host.


def test_plain_moto_finds_no_layer_by_its_arn() -> None:
    once = {"total_max_attempts": 1}
    with moto_in_this_process() as environment, aws_client("lambda", environment, retries=once) as client:
        made = client.publish_layer_version(LayerName="common", Content={"ZipFile": _zip("")})
        assert made["Content"]["Location"] == "s3://"
        with pytest.raises(ClientError):
            client.get_layer_version_by_arn(Arn=made["LayerVersionArn"])


def test_function_keeps_its_logging_configuration(control_plane: ControlPlane) -> None:
    with _function(control_plane.environment, _zip(""), LoggingConfig=LOGGING) as client:
        assert client.get_function_configuration(FunctionName="fn")["LoggingConfig"] == LOGGING
        client.update_function_configuration(FunctionName="fn", Timeout=5)
        assert client.get_function_configuration(FunctionName="fn")["LoggingConfig"] == LOGGING
        client.update_function_configuration(FunctionName="fn", LoggingConfig={"LogFormat": "Text"})
        assert client.get_function_configuration(FunctionName="fn")["LoggingConfig"]["LogFormat"] == "Text"


def test_default_logging_configuration_is_lambdas(control_plane: ControlPlane) -> None:
    with _function(control_plane.environment, _zip("")) as client:
        defaults = {"LogFormat": "Text", "LogGroup": "/aws/lambda/fn"}
        assert client.get_function_configuration(FunctionName="fn")["LoggingConfig"] == defaults


def test_each_versions_zip_can_be_downloaded(control_plane: ControlPlane) -> None:
    first, second = _zip("first"), _zip("second")
    with _function(control_plane.environment, first) as client:
        client.create_alias(FunctionName="fn", Name="live", FunctionVersion="1")
        client.update_function_code(FunctionName="fn", ZipFile=second, Publish=True)
        locations = {
            qualifier: client.get_function(FunctionName="fn", Qualifier=qualifier)["Code"]["Location"]
            for qualifier in ("live", "1", "2", "$LATEST")
        }
        latest = client.get_function(FunctionName="fn")["Code"]["Location"]
        assert {name: download(location) for name, location in locations.items()} == {
            "live": first,
            "1": first,
            "2": second,
            "$LATEST": second,
        }
        assert download(latest) == second
        assert all(location.startswith(control_plane.endpoint) for location in locations.values())
    with pytest.raises(urllib.error.HTTPError, match="404"):
        download(latest)


def test_layer_zip_can_be_downloaded(control_plane: ControlPlane) -> None:
    code = _zip("layer")
    with aws_client("lambda", control_plane.environment) as client:
        made = client.publish_layer_version(LayerName="common", Content={"ZipFile": code})
        by_name = client.get_layer_version(LayerName="common", VersionNumber=made["Version"])
        by_arn = client.get_layer_version_by_arn(Arn=made["LayerVersionArn"])
        assert download(by_name["Content"]["Location"]) == download(by_arn["Content"]["Location"]) == code
        client.delete_layer_version(LayerName="common", VersionNumber=made["Version"])
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            client.get_layer_version_by_arn(Arn=made["LayerVersionArn"])
        with pytest.raises(urllib.error.HTTPError, match="404"):
            download(by_arn["Content"]["Location"])


def _logs_of_a_copy(kind: Any) -> LogsBackend:
    spec = {"FunctionName": "fn", "Role": "arn:aws:iam::123456789012:role/fn", "Code": {"ZipFile": ""}}
    logs: LogsBackend = copy.deepcopy(kind("123456789012", spec, "eu-central-1")).logs_backend
    return logs


def test_plain_moto_copies_the_logs_with_a_function() -> None:
    assert _logs_of_a_copy(LambdaFunction) is not logs_backends["123456789012"]["eu-central-1"]


def test_logs_are_not_copied_with_a_function() -> None:
    assert _logs_of_a_copy(LoggingFunction) is logs_backends["123456789012"]["eu-central-1"]
