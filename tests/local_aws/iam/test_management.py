"""The permissions that calls of Terraform need."""

import io
import json
from typing import Any
from urllib.parse import urlencode

import pytest

from local_aws.iam.management import ManagementCall, Role, UnknownCallError
from local_aws.iam.policy import Need

ACCOUNT = "123456789012"
REGIONAL = f"eu-central-1:{ACCOUNT}"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
LAYER = f"arn:aws:lambda:{REGIONAL}:layer:l:1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/shop-dev-people"


def needs(service: str, environ: dict[str, Any], body: bytes, roles: dict[str, Role] | None = None) -> list[Need]:
    environ = {"REQUEST_METHOD": "POST", "PATH_INFO": "/", "wsgi.input": io.BytesIO(body)} | environ
    call = ManagementCall.read(service, "eu-central-1", environ, body)
    return list(call.needs(ACCOUNT, (roles or {}).get))


def of_json(service: str, operation: str, **parameters: Any) -> list[Need]:
    return needs(service, {"HTTP_X_AMZ_TARGET": f"Any.{operation}"}, json.dumps(parameters).encode())


def of_query(service: str, operation: str, roles: dict[str, Role] | None = None, **parameters: str) -> list[Need]:
    environ = {"CONTENT_TYPE": "application/x-www-form-urlencoded; charset=utf-8"}
    return needs(service, environ, urlencode({"Action": operation} | parameters).encode(), roles)


def of_rest(service: str, method: str, path: str, query: str = "", **parameters: Any) -> list[Need]:
    environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query}
    return needs(service, environ, json.dumps(parameters).encode() if parameters else b"")


def test_caller_identity_needs_nothing() -> None:
    assert of_query("sts", "GetCallerIdentity") == []


def test_table_is_created_and_tagged() -> None:
    table = f"arn:aws:dynamodb:{REGIONAL}:table/shop-dev-people"
    made = of_json("dynamodb", "CreateTable", TableName="shop-dev-people", Tags=[{"Key": "a", "Value": "b"}])
    assert made == [Need("dynamodb:CreateTable", table), Need("dynamodb:TagResource", table)]
    assert of_json("dynamodb", "DescribeTable", TableName=table) == [Need("dynamodb:DescribeTable", table)]


def test_stopping_a_deployment_supports_no_resource() -> None:
    assert of_json("codedeploy", "StopDeployment", deploymentId="d-1") == [Need("codedeploy:StopDeployment", "*")]
    group = f"arn:aws:codedeploy:{REGIONAL}:deploymentgroup:*"
    assert of_json("codedeploy", "GetDeployment", deploymentId="d-1") == [Need("codedeploy:GetDeployment", group)]


def test_function_passes_its_role_and_reads_layer_and_zip() -> None:
    layer = f"arn:aws:lambda:{REGIONAL}:layer:shop-dev-common:1"
    code = {"S3Bucket": "zips", "S3Key": "a/people.zip", "S3ObjectVersion": "1"}
    made = of_rest(
        "lambda", "POST", "/2015-03-31/functions", FunctionName="shop-dev-people", Role=ROLE, Layers=[layer], Code=code
    )
    assert made == [
        Need("lambda:CreateFunction", f"arn:aws:lambda:{REGIONAL}:function:shop-dev-people"),
        Need("iam:PassRole", ROLE, {"iam:PassedToService": "lambda.amazonaws.com"}),
        Need("lambda:GetLayerVersion", layer),
        Need("s3:GetObjectVersion", "arn:aws:s3:::zips/a/people.zip"),
    ]


@pytest.mark.parametrize("nested", [True, False])
def test_function_of_an_image_reads_it(nested: bool) -> None:  # noqa: FBT001
    uri = f"123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop/people@sha256:{'0' * 64}"
    code = {"Code": {"ImageUri": uri}} if nested else {"ImageUri": uri}
    made = of_rest("lambda", "POST", "/2015-03-31/functions", FunctionName="shop-dev-people", Role=ROLE, **code)
    assert [need.action for need in made if need.resource == f"arn:aws:ecr:{REGIONAL}:repository/shop/people"] == [
        "ecr:BatchGetImage",
        "ecr:GetDownloadUrlForLayer",
    ]


@pytest.mark.parametrize(
    ("method", "path", "query", "action", "resource"),
    [
        ("GET", "/2015-03-31/functions/f/aliases/live", "", "GetAlias", "function:f"),
        ("GET", "/2018-10-31/layers", f"find=LayerVersion&Arn={LAYER}", "GetLayerVersion", "layer:l:1"),
        ("PUT", "/2017-10-31/functions/f/concurrency", "", "PutFunctionConcurrency", "function:f"),
    ],
)
def test_operation_is_read_from_the_path(method: str, path: str, query: str, action: str, resource: str) -> None:
    assert of_rest("lambda", method, path, query) == [Need(f"lambda:{action}", f"arn:aws:lambda:{REGIONAL}:{resource}")]


def test_gateway_has_actions_by_method() -> None:
    gateway = "arn:aws:apigateway:eu-central-1::"
    assert of_rest("apigateway", "GET", "/v2/apis/abc/routes/def") == [
        Need("apigateway:GET", f"{gateway}/apis/abc/routes/def")
    ]
    assert of_rest("apigateway", "POST", "/v2/apis", name="shop", tags={"a": "b"}) == [
        Need("apigateway:POST", f"{gateway}/apis"),
        Need("apigateway:POST", f"{gateway}/tags/*"),
    ]
    assert of_rest("apigateway", "DELETE", "/v2/tags/arn:aws:apigateway:eu-central-1::/apis/abc", "tagKeys=a") == [
        Need("apigateway:DELETE", f"{gateway}/tags/arn%3Aaws%3Aapigateway%3Aeu-central-1%3A%3A%2Fapis%2Fabc")
    ]


def test_stage_with_access_log_needs_log_delivery() -> None:
    actions = [need.action for need in of_rest("apigateway", "POST", "/v2/apis/abc/stages", stageName="$default")]
    assert actions[0] == "apigateway:POST"
    assert {"logs:CreateLogDelivery", "logs:PutResourcePolicy"} < set(actions)


def test_new_role_has_the_boundary_of_the_call() -> None:
    made = of_query("iam", "CreateRole", RoleName="r", Path="/services/", PermissionsBoundary=BOUNDARY)
    arn = f"arn:aws:iam::{ACCOUNT}:role/services/r"
    assert made == [Need("iam:CreateRole", arn, {"iam:PermissionsBoundary": BOUNDARY})]


def test_changed_role_has_its_own_boundary() -> None:
    existing = {"shop-dev-people": Role(ROLE, BOUNDARY), "free": Role(f"{ROLE}2", None)}
    for operation in ("PutRolePolicy", "DeleteRolePolicy"):
        assert of_query("iam", operation, existing, RoleName="shop-dev-people", PolicyName="service") == [
            Need(f"iam:{operation}", ROLE, {"iam:PermissionsBoundary": BOUNDARY})
        ]
    assert of_query("iam", "PutRolePolicy", existing, RoleName="free") == [Need("iam:PutRolePolicy", f"{ROLE}2")]


@pytest.mark.parametrize(
    ("operation", "parameters", "resource"),
    [
        ("PutMetricAlarm", {"AlarmName": "a"}, f"arn:aws:cloudwatch:{REGIONAL}:alarm:a"),
        ("PutDashboard", {"DashboardName": "d"}, f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/d"),
        ("DescribeAlarms", {"AlarmNames.member.1": "a"}, "*"),
    ],
)
def test_cloudwatch(operation: str, parameters: dict[str, str], resource: str) -> None:
    assert of_query("monitoring", operation, None, **parameters) == [Need(f"cloudwatch:{operation}", resource)]


@pytest.mark.parametrize(
    ("method", "path", "query", "action", "resource"),
    [
        ("GET", "/zips/a/b.json", "", "s3:GetObject", "zips/a/b.json"),
        ("HEAD", "/zips/a", "versionId=1", "s3:GetObjectVersion", "zips/a"),
        ("GET", "/zips", "list-type=2", "s3:ListBucket", "zips"),
        ("GET", "/zips/a", "tagging=", "s3:GetObjectTagging", "zips/a"),
        ("PUT", "/zips/a", "x-id=PutObject", "s3:PutObject", "zips/a"),
        ("DELETE", "/zips/a", "", "s3:DeleteObject", "zips/a"),
    ],
)
def test_bucket_and_key(method: str, path: str, query: str, action: str, resource: str) -> None:
    assert of_rest("s3", method, path, query) == [Need(action, f"arn:aws:s3:::{resource}")]


def test_zones_and_changes_have_no_account() -> None:
    assert of_rest("route53", "GET", "/2013-04-01/hostedzone/Z1") == [
        Need("route53:GetHostedZone", "arn:aws:route53:::hostedzone/Z1")
    ]
    assert of_rest("route53", "GET", "/2013-04-01/change/C1") == [
        Need("route53:GetChange", "arn:aws:route53:::change/C1")
    ]


def test_unknown_calls_are_rejected() -> None:
    with pytest.raises(UnknownCallError, match="GET /2015-03-31/nothing"):
        of_rest("lambda", "GET", "/2015-03-31/nothing")
    with pytest.raises(UnknownCallError, match="dynamodb:DescribeExport: its resource is unknown"):
        of_json("dynamodb", "DescribeExport", ExportArn="arn")
