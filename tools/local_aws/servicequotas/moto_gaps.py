"""Service Quotas: adds the quota of Lambda that our stack reads, because moto 5.2.5 has quotas of VPCs only."""

import json
from typing import Any

from moto.servicequotas import urls
from moto.servicequotas.responses import ServiceQuotasResponse

# The default of https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html. Here it limits nothing.
CONCURRENT_EXECUTIONS = {
    "ServiceCode": "lambda",
    "ServiceName": "AWS Lambda",
    "QuotaCode": "L-B99A9384",
    "QuotaName": "Concurrent executions",
    "Value": 1000.0,
    "Unit": "None",
    "Adjustable": True,
    "GlobalQuota": False,
}


def apply() -> None:
    """Fill the gap for every server that this process starts afterwards."""
    for path in urls.url_paths:
        urls.url_paths[path] = LambdaQuotaResponse.dispatch


class LambdaQuotaResponse(ServiceQuotasResponse):
    """moto's operations, and Lambda's quota: https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_Operations.html."""

    def get_service_quota(self) -> str:
        """GetServiceQuota: the value of this account."""
        return self._quota() or super().get_service_quota()

    def get_aws_default_service_quota(self) -> str:
        """GetAWSDefaultServiceQuota: the value of AWS, which is that of this account."""
        # moto's own operation raises NoSuchResource for every quota that it does not know.
        return self.get_service_quota()

    def _quota(self) -> str | None:
        asked: dict[str, Any] = json.loads(self.body)
        service, quota = asked["ServiceCode"], asked["QuotaCode"]
        if (service, quota) != (CONCURRENT_EXECUTIONS["ServiceCode"], CONCURRENT_EXECUTIONS["QuotaCode"]):
            return None
        arn = f"arn:aws:servicequotas:{self.region}:{self.current_account}:{service}/{quota}"
        return json.dumps({"Quota": CONCURRENT_EXECUTIONS | {"QuotaArn": arn}})
