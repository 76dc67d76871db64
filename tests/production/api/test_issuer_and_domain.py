"""The packaged zips behind a custom domain, with an OpenID Connect issuer, as Terraform applies them."""

import importlib
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Final

import httpx2
import pytest

from local_aws.commands.delivery import delivering, packaging, stack
from local_aws.control_plane.server import ControlPlane
from local_aws.terraform.stack import Stack
from monorepo.services import ROOT
from tests.conformance.deployed import responses
from tests.conformance.deployed.sending import Sender
from tests.conformance.deployed.target import Target
from tests.conformance.found import DESCRIBED, SERVICES, profile, service_file
from tests.support.deployed.data_plane import data_plane
from tests.support.issuer import AUDIENCE, Issuer, serving_issuer
from tests.support.moto_servers import aws_client

DOMAIN: Final = "api.example.com"
ACCESS: Final = "shop/access"
GATEWAY: Final = {"message": "Unauthorized"}
LIMITED: Final = f"/api/v1/{SERVICES[0]}/health"
BURST: Final = 3


@dataclass(frozen=True)
class Deployed:
    """The served stack, its issuer, and a client whose requests are for the domain."""

    control_plane: dict[str, str]
    issuer: Issuer
    stack: Stack
    url: str
    api: httpx2.Client

    def bearer(self, subject: str, *groups: str) -> dict[str, str]:
        """Return the header with an access token of a subject in these groups."""
        claims: dict[str, Any] = {"cognito:groups": list(groups)} if groups else {}
        return {"Authorization": f"Bearer {self.issuer.token(subject, scope=ACCESS, **claims)}"}


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """Apply and serve the stack; destroy it afterwards, which must leave nothing of the API."""
    work = tmp_path_factory.mktemp("api")
    with ExitStack() as opened:
        issuer = opened.enter_context(serving_issuer())
        control_plane = opened.enter_context(ControlPlane()).environment
        with aws_client("route53", control_plane) as route53:
            zone = route53.create_hosted_zone(Name="example.com", CallerReference="1")["HostedZone"]["Id"]
        scopes = {"admins": sorted(scope for name in SERVICES for scope in service_file(name).scopes)}
        variables = {
            "domain": {"name": DOMAIN, "zone_id": zone.rpartition("/")[2]},
            "issuer": {
                "url": issuer.url,
                "audience": [AUDIENCE],
                "required_scopes": [ACCESS],
                "scopes_claim": "cognito:groups",
                "scopes": scopes,
            },
            "throttling": {
                "rate_limit": 1000,
                "burst_limit": 1000,
                "routes": {f"GET {LIMITED}": {"rate_limit": 0.01, "burst_limit": BURST}},
            },
        }
        terraform = stack(work, control_plane, {name: json.dumps(value) for name, value in variables.items()})
        with delivering(), packaging(work) as packaged:
            terraform.init()
            packaged()
            terraform.apply()
        with (
            data_plane(control_plane, work / "plane") as served,
            httpx2.Client(base_url=served.url, headers={"Host": DOMAIN}, timeout=30) as api,
        ):
            yield Deployed(control_plane, issuer, terraform, served.url, api)
        terraform.destroy()
        assert left_over(control_plane, zone) == []


def left_over(control_plane: dict[str, str], zone: str) -> list[object]:
    """Return what is left of the API, its domain and its certificate."""
    with ExitStack() as opened:
        gateway, acm, route53 = (
            opened.enter_context(aws_client(name, control_plane)) for name in ("apigatewayv2", "acm", "route53")
        )
        records = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
        return [
            *gateway.get_apis()["Items"],
            *gateway.get_domain_names()["Items"],
            *acm.list_certificates()["CertificateSummaryList"],
            *(record for record in records if record["Type"] not in ("NS", "SOA")),
        ]


def operations(service: str) -> Iterator[tuple[str, str, bool]]:
    """Yield method, path with parameters, and whether a caller is required, of each operation of the document."""
    document = json.loads((ROOT / "docs" / "openapi" / "issuer" / f"{service}.json").read_text())
    parameters = {name: str(value) for name, value in profile(service).parameters.items()}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            variable = operation.get("x-public-if")
            opened = variable is None or service_file(service).environment[variable].local == "true"
            public = not operation["security"] or ({} in operation["security"] and opened)
            if path != LIMITED:
                yield method.upper(), path.format(**parameters), not public


def test_second_plan_changes_nothing(deployed: Deployed) -> None:
    assert not deployed.stack.plan()


@pytest.mark.parametrize("service", DESCRIBED)
def test_gateway_rejects_operations_that_require_a_caller(deployed: Deployed, service: str) -> None:
    identity = {"Authorization": f"Bearer {deployed.issuer.token('anna')}"}
    for method, path, required in operations(service):
        response = deployed.api.request(method, path)
        place = f"{method} {path}"
        if not required:
            assert response.status_code != 401, place
            continue
        assert (response.status_code, response.json()) == (401, GATEWAY), place
        assert response.headers["www-authenticate"] == "Bearer", place
        # A token that was not issued for an API, such as an identity token, lacks the scope.
        assert deployed.api.request(method, path, headers=identity).status_code == 403, place
        reached = deployed.api.request(method, path, headers=deployed.bearer("anna"))
        assert "x-request-id" in reached.headers, place


def test_verify_deployed_knows_the_rejections_of_the_authorizer(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in deployed.control_plane.items():
        monkeypatch.setenv(name, value)
    target = Target.find("dev", deployed.url)
    with Sender(deployed.url) as sender:
        sender.api.headers["Host"] = DOMAIN
        assert list(responses.problems(target, sender)) == []


def test_no_signing_key_is_stored(deployed: Deployed) -> None:
    with aws_client("secretsmanager", deployed.control_plane) as secrets:
        names = [secret["Name"] for secret in secrets.list_secrets()["SecretList"]]
    assert not [name for name in names if name.endswith("-jwt")]


def test_only_the_domain_responds_and_browsers_are_told_to_use_https(deployed: Deployed) -> None:
    assert deployed.stack.outputs()["base_url"] == f"https://{DOMAIN}"
    assert httpx2.get(f"{deployed.url}/").status_code == 404
    response = deployed.api.get("/")
    assert response.status_code == 200
    assert response.headers["strict-transport-security"].startswith("max-age=31536000")


def test_alias_records_point_to_the_domain_of_the_api(deployed: Deployed) -> None:
    target = deployed.stack.outputs()["domain_target"]
    with aws_client("route53", deployed.control_plane) as route53:
        [zone] = route53.list_hosted_zones()["HostedZones"]
        records = route53.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
    aliases = {record["Type"]: record["AliasTarget"] for record in records if record["Name"] == f"{DOMAIN}."}
    assert set(aliases) == {"A", "AAAA"}
    assert {alias["DNSName"].rstrip(".") for alias in aliases.values()} == {target["name"]}
    assert {alias["HostedZoneId"] for alias in aliases.values()} == {target["zone_id"]}


def test_operation_has_its_own_limit(deployed: Deployed) -> None:
    statuses = [deployed.api.get(LIMITED).status_code for _ in range(BURST + 1)]
    assert statuses == [200] * BURST + [429]


JOURNEYS = [name for name in SERVICES if find_spec(f"tests.{name}.issuer_journey")]


@pytest.mark.parametrize("service", JOURNEYS)
def test_journey_with_tokens_of_the_issuer(deployed: Deployed, service: str) -> None:
    journey: Callable[[httpx2.Client, Callable[..., dict[str, str]]], None]
    journey = importlib.import_module(f"tests.{service}.issuer_journey").journey
    journey(deployed.api, deployed.bearer)
