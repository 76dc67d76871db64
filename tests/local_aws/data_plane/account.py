"""An account to which a test applies resources without Terraform."""

import io
import zipfile
from collections.abc import Mapping
from typing import Any

REGION = "eu-west-1"  # The control plane is shared: this region is these tests' own.
ROLE = "arn:aws:iam::123456789012:role/data-plane-functions"


def a_zip(name: str, text: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as zipped:
        zipped.writestr(name, text)
    return buffer.getvalue()


class Account:
    """Creates resources in one region of the control plane, as Terraform would."""

    def __init__(self, environment: Mapping[str, str], gateway: Any, lambda_: Any) -> None:
        self.environment = environment
        self.gateway = gateway
        self.lambda_ = lambda_

    def function(self, name: str = "people", *, caller: str = "*/*", **changes: Any) -> str:
        """Create and publish a function with an alias that routes like `caller` may call; return the alias' ARN.

        `changes` of None leave a setting out.
        """
        configuration = {
            "FunctionName": name,
            "Runtime": "python3.13",
            "Role": ROLE,
            "Handler": f"{name}.handler.handler",
            "Code": {"ZipFile": a_zip("main.py", name)},
            "Timeout": 9,
            "MemorySize": 512,
        }
        settings = {key: value for key, value in (configuration | changes).items() if value is not None}
        version = self.lambda_.create_function(**settings, Publish=True)["Version"]
        arn: str = self.lambda_.create_alias(FunctionName=name, Name="live", FunctionVersion=version)["AliasArn"]
        if caller:
            self.lambda_.add_permission(
                FunctionName=name,
                Qualifier="live",
                StatementId="http-api",
                Action="lambda:InvokeFunction",
                Principal="apigateway.amazonaws.com",
                SourceArn=f"arn:aws:execute-api:{REGION}:123456789012:*/{caller}",
            )
        return arn

    def api(self, name: str = "shop", protocol: str = "HTTP", **settings: Any) -> str:
        api_id: str = self.gateway.create_api(
            Name=name, ProtocolType=protocol, RouteSelectionExpression="$request.method $request.path", **settings
        )["ApiId"]
        return api_id

    def route(
        self, api_id: str, key: str, uri: str, *, authorization: Mapping[str, Any] | None = None, **changes: Any
    ) -> None:
        settings = {"IntegrationType": "AWS_PROXY", "PayloadFormatVersion": "2.0", "IntegrationUri": uri}
        integration = self.gateway.create_integration(ApiId=api_id, **settings | changes)["IntegrationId"]
        self.gateway.create_route(
            ApiId=api_id, RouteKey=key, Target=f"integrations/{integration}", **authorization or {}
        )

    def stage(self, api_id: str, name: str = "$default", **settings: Any) -> None:
        self.gateway.create_stage(ApiId=api_id, StageName=name, **settings)
