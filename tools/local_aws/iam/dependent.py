"""Permissions that AWS checks besides the called action: no call shows them, AWS's pages do."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from local_aws.iam.policy import Need

# https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging.html
LOG_DELIVERY = (
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
)
# A resource that is created with tags needs the permission to tag, named per service:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/access_tags.html, and the service's page in the reference.
TAGGING = {
    "acm": "acm:AddTagsToCertificate",
    "application-autoscaling": "application-autoscaling:TagResource",
    "dynamodb": "dynamodb:TagResource",
    "ecr": "ecr:TagResource",
    "iam": "iam:TagRole",
    "lambda": "lambda:TagResource",
    "logs": "logs:TagResource",
    "monitoring": "cloudwatch:TagResource",
    "codedeploy": "codedeploy:TagResource",
    "secretsmanager": "secretsmanager:TagResource",
    "sns": "sns:TagResource",
    "xray": "xray:TagResource",
}
# Operation => parameter with the role that it passes, and the service that gets it:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
PASSED = {
    ("codedeploy", "CreateDeploymentGroup"): ("serviceRoleArn", "codedeploy.amazonaws.com"),
    ("codedeploy", "UpdateDeploymentGroup"): ("serviceRoleArn", "codedeploy.amazonaws.com"),
    ("lambda", "CreateFunction"): ("Role", "lambda.amazonaws.com"),
    ("lambda", "UpdateFunctionConfiguration"): ("Role", "lambda.amazonaws.com"),
}
# Operation => the service that AWS creates a linked role for the first time, and that role's path:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html
LINKED = {
    ("apigateway", "CreateDomainName"): "ops.apigateway.amazonaws.com",
    ("application-autoscaling", "RegisterScalableTarget"): "lambda.application-autoscaling.amazonaws.com",
}
# Lambda reads an image with its caller's permissions; its own are in the policy of the repository (modules/ecr):
# https://docs.aws.amazon.com/lambda/latest/dg/images-create.html#gettingstarted-images-permissions
IMAGE = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")


class Call(Protocol):
    """What this module reads of a call."""

    @property
    def service(self) -> str:
        """The signing name of its service."""

    @property
    def region(self) -> str:
        """Its region."""

    @property
    def operation(self) -> str:
        """Its operation."""

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Its parameters."""


def dependent_needs(call: Call, account: str, own: Need) -> Iterator[Need]:
    """Yield the further permissions that a call needs.

    Args:
        call: The call.
        account: The caller's account.
        own: The permission for the called action itself.
    """
    operation = (call.service, call.operation)
    if _has_tags(call.parameters) and "tag" not in call.operation.lower():
        if call.service == "apigateway":
            yield Need("apigateway:POST", f"arn:aws:apigateway:{call.region}::/tags/*")
        else:
            # The new certificate has no ARN yet.
            certificates = f"arn:aws:acm:{call.region}:{account}:certificate/*"
            yield Need(TAGGING[call.service], certificates if call.service == "acm" else own.resource)
    if operation in PASSED:
        parameter, service = PASSED[operation]
        if passed := call.parameters.get(parameter):
            yield Need("iam:PassRole", passed, {"iam:PassedToService": service})
    if operation in LINKED:
        linked = f"arn:aws:iam::{account}:role/aws-service-role/{LINKED[operation]}/*"
        yield Need("iam:CreateServiceLinkedRole", linked, {"iam:AWSServiceName": LINKED[operation]})
    if call.service == "lambda":
        yield from _lambda(call.parameters, call.region, account)
    if call.service == "apigateway" and call.operation in ("CreateStage", "UpdateStage", "DeleteStage"):
        yield from (Need(action, "*") for action in LOG_DELIVERY)


def _lambda(parameters: Mapping[str, Any], region: str, account: str) -> Iterator[Need]:
    # https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
    for layer in parameters.get("Layers") or ():
        yield Need("lambda:GetLayerVersion", layer)
    # Lambda reads a zip with its caller's permissions:
    # https://docs.aws.amazon.com/lambda/latest/dg/configuration-function-zip.html
    for code in (parameters.get("Code"), parameters.get("Content"), parameters):
        if isinstance(code, Mapping) and "S3Bucket" in code:
            version = "Version" if code.get("S3ObjectVersion") else ""
            yield Need(f"s3:GetObject{version}", f"arn:aws:s3:::{code['S3Bucket']}/{code['S3Key']}")
        if isinstance(code, Mapping) and "ImageUri" in code:
            repository = code["ImageUri"].partition("/")[2].partition("@")[0]
            yield from (Need(action, f"arn:aws:ecr:{region}:{account}:repository/{repository}") for action in IMAGE)


def _has_tags(parameters: Mapping[str, Any]) -> bool:
    return any(name.lower().split(".")[0] == "tags" and value for name, value in parameters.items())
