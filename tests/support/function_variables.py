"""The environment variables that Terraform writes for every function in an environment with the defaults.

`tests/terraform/test_applied_stack.py` compares them with those of the applied functions.
"""

from monorepo.product import product
from tests.support.services import PREFIX


def function_variables(service: str) -> dict[str, str]:
    """Return the variables of a service's function, without those that depend on its `service.yaml` and its table."""
    return {
        "AWS_CA_BUNDLE": "/opt/python/common/amazon_roots.pem",
        "ENVIRONMENT": "dev",
        "JWT_AUDIENCE": f"{PREFIX}-api",
        "JWT_ISSUER": PREFIX,
        "LOG_LEVEL": "INFO",
        "POWERTOOLS_METRICS_NAMESPACE": f"{product().title}/dev",
        "POWERTOOLS_SERVICE_NAME": service,
        "POWERTOOLS_TRACER_CAPTURE_RESPONSE": "false",
    }
