"""Fills the gaps of moto 5.2.5 that our stack meets; each AWS service's folder has its own."""

from local_aws.acm import moto_gaps as acm
from local_aws.apigateway import moto_gaps as apigateway
from local_aws.autoscaling import moto_gaps as autoscaling
from local_aws.awslambda import moto_gaps as awslambda
from local_aws.cloudwatch import moto_gaps as cloudwatch
from local_aws.codedeploy import moto_gaps as codedeploy
from local_aws.control_plane import moto_core
from local_aws.dynamodb import moto_gaps as dynamodb
from local_aws.logs import moto_gaps as logs
from local_aws.s3 import moto_gaps as s3
from local_aws.secretsmanager import moto_gaps as secretsmanager
from local_aws.servicequotas import moto_gaps as servicequotas
from local_aws.sns import moto_gaps as sns
from local_aws.xray import moto_gaps as xray


def apply() -> None:
    """Fill every gap for the servers that this process starts afterwards."""
    gaps = (
        acm,
        apigateway,
        autoscaling,
        awslambda,
        cloudwatch,
        codedeploy,
        dynamodb,
        logs,
        moto_core,
        s3,
        secretsmanager,
        servicequotas,
        sns,
        xray,
    )
    for gap in gaps:
        gap.apply()
