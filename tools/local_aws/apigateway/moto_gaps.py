"""API Gateway: adds what moto 5.2.5 lacks of stages and domain names, and rejects what AWS rejects."""

import json
import re
import zlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import unquote

from moto.apigatewayv2 import urls
from moto.apigatewayv2.exceptions import BadRequestException
from moto.apigatewayv2.responses import ApiGatewayV2Response
from moto.core.common_types import TYPE_RESPONSE

if TYPE_CHECKING:
    from moto.apigatewayv2.models import DomainName, Stage

TAGS = (
    r"/v2/tags/(?P<resource_arn_pt1>[^/]+)/apis/(?P<resource_arn_pt2>[^/]+)/stages/(?P<stage_name>[^/]+)$",
    r"/v2/tags/(?P<resource_arn_pt1>[^/]+)/domainnames/(?P<resource_arn_pt2>[^/]+)$",
)
_CHANGED = ("/v2/apis$", "/v2/apis/(?P<api_id>[^/]+)$", "/stages/(?P<stage_name>[^/]+)$")
_ISSUER = re.compile(r"https://.+|http://(?:127\.0\.0\.1|localhost)(?::\d+)?(?:/.*)?")
# https://docs.aws.amazon.com/general/latest/gr/apigateway.html has the zones of real regions.
_HOSTED_ZONE = "ZEMBEDDEDAWS"
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
        if path.endswith(_CHANGED) or "/domainnames" in path or "/authorizers" in path:
            urls.url_paths[path] = CheckedResponse.dispatch
    for path in TAGS:
        urls.url_paths["{0}" + path] = CheckedResponse.dispatch


class CheckedResponse(ApiGatewayV2Response):
    """moto's operations, with checks, and those that it lacks.

    UpdateStage: https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-stages-stagename.html.
    UpdateDomainName: https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/domainnames-domainname.html.
    UpdateApiMapping: https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/domainnames-domainname-apimappings-apimappingid.html.
    """

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

    def tag_resource(self) -> TYPE_RESPONSE:
        """TagResource; moto keeps the tags of a stage and of a domain name in it."""
        if tagged := self._tagged():
            tagged.tags |= json.loads(self.body)["tags"]
            return 201, {}, "{}"
        return super().tag_resource()

    def untag_resource(self) -> TYPE_RESPONSE:
        """UntagResource."""
        if tagged := self._tagged():
            for key in self.querystring["tagKeys"]:
                tagged.tags.pop(key, None)
            return 200, {}, "{}"
        return super().untag_resource()

    def _tagged(self) -> "DomainName | Stage | None":
        *_, api_id, kind, name = unquote(self.path).split("/")
        if kind == "domainnames":
            return self.apigatewayv2_backend.get_domain_name(name)
        return self.apigatewayv2_backend.get_stage(api_id, name) if kind == "stages" else None

    def update_stage(self) -> TYPE_RESPONSE:
        """Change the given fields."""
        *_, api_id, _, name = self.path.split("/")
        stage: Stage = self.apigatewayv2_backend.get_stage(api_id, unquote(name))
        for field, value in json.loads(self.body).items():
            if field in _FIELDS:
                setattr(stage, _FIELDS[field], value)
        stage.updated = datetime.now(UTC)
        return 200, {}, json.dumps(stage.to_json())

    def create_authorizer(self) -> TYPE_RESPONSE:
        """CreateAuthorizer."""
        self._check_issuer()
        return super().create_authorizer()

    def update_authorizer(self) -> TYPE_RESPONSE:
        """UpdateAuthorizer."""
        self._check_issuer()
        return super().update_authorizer()

    def _check_issuer(self) -> None:
        # AWS also fetches the issuer's discovery document here. The embedded AWS does at the first request.
        issuer = (json.loads(self.body).get("jwtConfiguration") or {}).get("issuer", "https://")
        if not _ISSUER.fullmatch(issuer):
            raise BadRequestException(f"Invalid issuer: {issuer}. Issuer must be an HTTPS URL, or HTTP on loopback.")

    def create_domain_name(self) -> TYPE_RESPONSE:
        """CreateDomainName; the domain is available at once."""
        super().create_domain_name()
        domain = self.apigatewayv2_backend.get_domain_name(json.loads(self.body)["domainName"])
        self._complete(domain, domain.domain_name_configurations)
        return 201, {}, json.dumps(domain.to_json())

    def update_domain_name(self) -> TYPE_RESPONSE:
        """Change the configurations."""
        domain = self.apigatewayv2_backend.get_domain_name(unquote(self.path.split("/")[-1]))
        self._complete(domain, json.loads(self.body).get("domainNameConfigurations", domain.domain_name_configurations))
        return 200, {}, json.dumps(domain.to_json())

    def _complete(self, domain: "DomainName", configurations: list[dict[str, str]]) -> None:
        label = f"d-{zlib.crc32(domain.domain_name.encode()):010x}"
        added = {
            "apiGatewayDomainName": f"{label}.execute-api.{self.region}.amazonaws.com",
            "domainNameStatus": "AVAILABLE",
            "hostedZoneId": _HOSTED_ZONE,
        }
        domain.domain_name_configurations = [{**each, **added} for each in configurations]
        if not domain.mutual_tls_authentication:  # AWS leaves it out. Terraform would remove an empty one.
            domain.mutual_tls_authentication = None  # type: ignore[assignment]

    def update_api_mapping(self) -> TYPE_RESPONSE:
        """Change the given fields."""
        *_, domain_name, _, mapping_id = self.path.split("/")
        mapping = self.apigatewayv2_backend.get_api_mapping(mapping_id, domain_name)
        body = json.loads(self.body)
        mapping.api_id, mapping.stage = body.get("apiId", mapping.api_id), body.get("stage", mapping.stage)
        return 200, {}, json.dumps(mapping.to_json())
