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


def test_tags_of_a_stage_are_changed(control_plane: ControlPlane) -> None:
    with aws_client("apigatewayv2", control_plane.environment) as gateway:
        api = gateway.create_api(Name="tagged", ProtocolType="HTTP")["ApiId"]
        gateway.create_stage(ApiId=api, StageName="$default", Tags={"Team": "one"})
        arn = f"arn:aws:apigateway:eu-central-1::/apis/{api}/stages/$default"
        gateway.tag_resource(ResourceArn=arn, Tags={"Cost": "two"})
        gateway.untag_resource(ResourceArn=arn, TagKeys=["Team"])
        assert gateway.get_stage(ApiId=api, StageName="$default")["Tags"] == {"Cost": "two"}
        gateway.delete_api(ApiId=api)


def test_tags_of_a_domain_name_are_changed(control_plane: ControlPlane) -> None:
    arn = "arn:aws:apigateway:eu-central-1::/domainnames/tagged.example.com"
    configuration = {"CertificateArn": "arn:aws:acm:eu-central-1:123456789012:certificate/1"}
    with aws_client("apigatewayv2", control_plane.environment) as gateway:
        gateway.create_domain_name(
            DomainName="tagged.example.com", DomainNameConfigurations=[configuration], Tags={"Team": "one"}
        )
        gateway.tag_resource(ResourceArn=arn, Tags={"Cost": "two"})
        gateway.untag_resource(ResourceArn=arn, TagKeys=["Team"])
        assert gateway.get_domain_name(DomainName="tagged.example.com")["Tags"] == {"Cost": "two"}
        gateway.delete_domain_name(DomainName="tagged.example.com")


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


def test_domain_name_is_available_and_can_change(control_plane: ControlPlane) -> None:
    name = "api.example.com"
    configuration = {
        "CertificateArn": "arn:aws:acm:eu-central-1:123456789012:certificate/a",
        "SecurityPolicy": "TLS_1_2",
    }
    with aws_client("apigatewayv2", control_plane.environment) as gateway:
        api = gateway.create_api(Name="mapped", ProtocolType="HTTP")["ApiId"]
        gateway.create_domain_name(DomainName=name, DomainNameConfigurations=[configuration])
        [created] = gateway.get_domain_name(DomainName=name)["DomainNameConfigurations"]
        assert created["DomainNameStatus"] == "AVAILABLE"
        assert created["ApiGatewayDomainName"].endswith(".execute-api.eu-central-1.amazonaws.com")
        assert created["HostedZoneId"]
        assert "MutualTlsAuthentication" not in gateway.get_domain_name(DomainName=name)
        changed = configuration | {"CertificateArn": "arn:aws:acm:eu-central-1:123456789012:certificate/b"}
        gateway.update_domain_name(DomainName=name, DomainNameConfigurations=[changed])
        assert gateway.get_domain_name(DomainName=name)["DomainNameConfigurations"] == [created | changed]
        mapping = gateway.create_api_mapping(ApiId=api, DomainName=name, Stage="$default")["ApiMappingId"]
        gateway.update_api_mapping(ApiId=api, ApiMappingId=mapping, DomainName=name, Stage="other")
        assert gateway.get_api_mapping(ApiMappingId=mapping, DomainName=name)["Stage"] == "other"
        gateway.delete_api_mapping(ApiMappingId=mapping, DomainName=name)
        gateway.delete_domain_name(DomainName=name)
        assert gateway.get_domain_names()["Items"] == []
        gateway.delete_api(ApiId=api)


@pytest.mark.parametrize(
    ("issuer", "accepted"),
    [
        ("https://issuer.example.com/pool", True),
        ("http://127.0.0.1:9000", True),
        ("http://issuer.example.com", False),
        ("http://127.0.0.1.example.com", False),
        ("issuer", False),
    ],
)
def test_issuer_needs_https_except_on_loopback(control_plane: ControlPlane, issuer: str, *, accepted: bool) -> None:
    with aws_client("apigatewayv2", control_plane.environment) as gateway:
        api = gateway.create_api(Name="authorized", ProtocolType="HTTP")["ApiId"]

        def create() -> object:
            return gateway.create_authorizer(
                ApiId=api,
                AuthorizerType="JWT",
                IdentitySource=["$request.header.Authorization"],
                Name="issuer",
                JwtConfiguration={"Issuer": issuer, "Audience": ["client"]},
            )

        if accepted:
            create()
        else:
            assert issuer in rejected(create, "BadRequestException")
        gateway.delete_api(ApiId=api)
