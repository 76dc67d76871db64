"""Fills the gaps of moto 5.2.5 that our stack meets; each AWS service's folder has its own."""

from local_aws.apigateway import moto_gaps as apigateway
from local_aws.awslambda import moto_gaps as awslambda
from local_aws.control_plane import moto_core
from local_aws.dynamodb import moto_gaps as dynamodb
from local_aws.logs import moto_gaps as logs
from local_aws.secretsmanager import moto_gaps as secretsmanager
from local_aws.xray import moto_gaps as xray


def apply() -> None:
    """Fill every gap for the servers that this process starts afterwards."""
    for gap in (apigateway, awslambda, moto_core, dynamodb, logs, secretsmanager, xray):
        gap.apply()
