"""API Gateway's gaps: a stage that changes, and CORS configurations that are rejected."""

import pytest
from botocore.exceptions import ClientError

from local_aws.control_plane.server import ControlPlane
from tests.local_aws.iam.roles import rejected
from tests.support.moto_servers import aws_client, moto_in_this_process


def test_plain_moto_cannot_change_a_stage() -> None:
    with (
        moto_in_this_process() as environment,
        aws_client("apigatewayv2", environment, retries={"total_max_attempts": 1}) as gateway,
    ):
        api = gateway.create_api(Name="plain", ProtocolType="HTTP")["ApiId"]
        gateway.create_stage(ApiId=api, StageName="$default")
        # When this fails, moto has UpdateStage: delete it from apigateway/moto_gaps.py.
        with pytest.raises(ClientError, match=r"update_stage|500"):
            gateway.update_stage(ApiId=api, StageName="$default", Description="new")


def test_update_stage_changes_only_the_given_fields(control_plane: ControlPlane) -> None:
    with aws_client("apigatewayv2", control_plane.environment) as gateway:
        api = gateway.create_api(Name="changing", ProtocolType="HTTP")["ApiId"]
        gateway.create_stage(ApiId=api, StageName="$default", StageVariables={"a": "b"}, AutoDeploy=True)
        limits = {"ThrottlingRateLimit": 5.0, "ThrottlingBurstLimit": 7}
        gateway.update_stage(ApiId=api, StageName="$default", DefaultRouteSettings=limits)
        stage = gateway.get_stage(ApiId=api, StageName="$default")
        assert stage["DefaultRouteSettings"] == limits
        assert (stage["StageVariables"], stage["AutoDeploy"]) == ({"a": "b"}, True)
        gateway.delete_api(ApiId=api)


def test_credentials_for_all_origins_are_rejected(control_plane: ControlPlane) -> None:
    cors = {"AllowOrigins": ["https://example.com", "*"], "AllowCredentials": True}
    with aws_client("apigatewayv2", control_plane.environment) as gateway:
        message = rejected(
            lambda: gateway.create_api(Name="open", ProtocolType="HTTP", CorsConfiguration=cors), "BadRequestException"
        )
        assert message == "allow-credentials is not supported if 'allow-origin' is *"
        one = {"AllowOrigins": ["https://example.com"], "AllowCredentials": True}
        api = gateway.create_api(Name="open", ProtocolType="HTTP", CorsConfiguration=one)["ApiId"]
        rejected(lambda: gateway.update_api(ApiId=api, CorsConfiguration=cors), "BadRequestException")
        public = {"AllowOrigins": ["*"], "AllowCredentials": False}
        gateway.update_api(ApiId=api, CorsConfiguration=public)
        assert gateway.get_api(ApiId=api)["CorsConfiguration"] == public
        gateway.delete_api(ApiId=api)
