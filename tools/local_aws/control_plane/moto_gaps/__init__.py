"""What our stack meets and moto 5.2.5 lacks: one module per AWS service, each with `apply()`."""

from local_aws.control_plane.moto_gaps import apigatewayv2, awslambda, core, dynamodb, logs, secretsmanager, xray


def apply() -> None:
    """Fill every gap for the servers that this process starts afterwards."""
    for gap in (apigatewayv2, awslambda, core, dynamodb, logs, secretsmanager, xray):
        gap.apply()
