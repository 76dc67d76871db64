"""The names of services and operations that a plan of faults may contain."""

import re
from collections.abc import Mapping
from functools import cache

from botocore.loaders import Loader

# The services that are called here by functions and by Terraform: their SigV4 signing name, and botocore's name.
SERVICES: Mapping[str, str] = {
    **{
        name: name
        for name in ("acm", "application-autoscaling", "codedeploy", "dynamodb", "ecr", "iam", "kms", "lambda")
    },
    **{name: name for name in ("logs", "route53", "s3", "secretsmanager", "sns", "sqs", "sts", "xray")},
    "apigateway": "apigatewayv2",
    "monitoring": "cloudwatch",
    "servicequotas": "service-quotas",
}


@cache
def operations_of(service: str) -> tuple[str, ...]:
    """Return the names by which the layer knows a service's operations.

    Those of REST protocols that `ApiCall.read` does not know by name are known by method and path.
    """
    model = Loader().load_service_model(SERVICES[service], "service-2")
    rest = str(model["metadata"]["protocol"]).startswith("rest")
    paths = [f"{one['http']['method']} {one['http']['requestUri']}" for one in model["operations"].values()]
    return (*model["operations"], *(paths if rest else ()))


def fits(name: str, pattern: str) -> bool:
    """Return whether a name fits a pattern, in which only `*` is special."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), name, re.DOTALL) is not None
