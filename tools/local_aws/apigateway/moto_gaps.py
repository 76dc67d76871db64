"""API Gateway: adds UpdateStage, which moto 5.2.5 lacks, and rejects CORS configurations that AWS rejects."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import unquote

from moto.apigatewayv2 import urls
from moto.apigatewayv2.exceptions import BadRequestException
from moto.apigatewayv2.responses import ApiGatewayV2Response
from moto.core.common_types import TYPE_RESPONSE

if TYPE_CHECKING:
    from moto.apigatewayv2.models import Stage

_FIELDS = {
    "accessLogSettings": "access_log_settings",
    "autoDeploy": "auto_deploy",
    "clientCertificateId": "client_certificate_id",
    "defaultRouteSettings": "default_route_settings",
    "description": "description",
    "routeSettings": "route_settings",
    "stageVariables": "stage_variables",
}


def apply() -> None:
    """Fill the gap for every server that this process starts afterwards."""
    for path in urls.url_paths:
        if path.endswith(("/v2/apis$", "/v2/apis/(?P<api_id>[^/]+)$", "/stages/(?P<stage_name>[^/]+)$")):
            urls.url_paths[path] = CheckedResponse.dispatch


class CheckedResponse(ApiGatewayV2Response):
    """moto's operations, with checks of CORS, and UpdateStage: https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-stages-stagename.html."""

    def create_api(self) -> TYPE_RESPONSE:
        """CreateApi."""
        self._check_cors()
        return super().create_api()

    def update_api(self) -> TYPE_RESPONSE:
        """UpdateApi."""
        self._check_cors()
        return super().update_api()

    def _check_cors(self) -> None:
        cors = json.loads(self.body).get("corsConfiguration") or {}
        if cors.get("allowCredentials") and "*" in cors.get("allowOrigins", ()):
            # The text of https://github.com/aws/aws-cdk/issues/9076
            raise BadRequestException("allow-credentials is not supported if 'allow-origin' is *")

    def update_stage(self) -> TYPE_RESPONSE:
        """Change the given fields."""
        *_, api_id, _, name = self.path.split("/")
        stage: Stage = self.apigatewayv2_backend.get_stage(api_id, unquote(name))
        for field, value in json.loads(self.body).items():
            if field in _FIELDS:
                setattr(stage, _FIELDS[field], value)
        stage.updated = datetime.now(UTC)
        return 200, {}, json.dumps(stage.to_json())
