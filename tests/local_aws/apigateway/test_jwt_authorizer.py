"""JWT authorizers: which tokens are accepted, the gateway's own 401 and 403, and the claims in the event."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import jwt
import pytest

from local_aws.apigateway.access_log import AccessLog
from local_aws.apigateway.cors import Preflight
from local_aws.apigateway.jwt_authorizer import as_text
from local_aws.model.deployment import Api, Authorizer, Cors, Route, Throttle
from tests.local_aws.apigateway.gateways import ARN, Function, hello, serving
from tests.support.issuer import AUDIENCE, Issuer, serving_issuer

PAST, FUTURE = 1_000_000_000, 4_000_000_000  # the years 2001 and 2096
UNAUTHORIZED = b'{"message":"Unauthorized"}'


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with serving_issuer() as served:
        yield served


def send(
    issuer: Issuer, header: str | None, *, scopes: tuple[str, ...] = (), audience: tuple[str, ...] = ("other", AUDIENCE)
) -> tuple[httpx2.Response, list[dict[str, Any]]]:
    """Send one request to a route with an authorizer; return the response and the function's events."""
    function = Function()

    async def request() -> httpx2.Response:
        route = Route("GET /me", ARN, authorizer=Authorizer(issuer.url, audience), scopes=scopes)
        async with serving(function, routes=[route]) as client:
            return await client.get("/me", headers={} if header is None else {"Authorization": header})

    return asyncio.run(request()), function.events


def test_valid_token_reaches_the_function_with_its_claims_as_strings(issuer: Issuer) -> None:
    groups: dict[str, Any] = {"cognito:groups": ["admins", "readers"]}
    token = issuer.token(scope="shop/read shop/write", email_verified=True, **groups)
    response, [event] = send(issuer, f"Bearer {token}")
    assert response.status_code == 200
    sent = jwt.decode(token, options={"verify_signature": False})
    assert event["requestContext"]["authorizer"] == {
        "jwt": {
            "claims": {
                "iss": issuer.url,
                "aud": AUDIENCE,
                "sub": "anna",
                "iat": str(sent["iat"]),
                "exp": str(sent["exp"]),
                "scope": "shop/read shop/write",
                "email_verified": "true",
                "cognito:groups": "[admins readers]",
            },
            "scopes": None,
        }
    }


def test_token_needs_no_prefix(issuer: Issuer) -> None:
    assert send(issuer, issuer.token())[0].status_code == 200
    assert send(issuer, f"bearer {issuer.token()}")[0].status_code == 200


def test_route_without_authorizer_passes_no_claims(issuer: Issuer) -> None:
    function = Function()

    async def request() -> int:
        async with serving(function) as client:
            return (await client.get("/", headers={"Authorization": f"Bearer {issuer.token()}"})).status_code

    assert asyncio.run(request()) == 200
    assert "authorizer" not in function.events[0]["requestContext"]


def test_missing_token_is_a_401_without_an_error_code(issuer: Issuer) -> None:
    response, events = send(issuer, None)
    assert (response.status_code, response.content, events) == (401, UNAUTHORIZED, [])
    assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"aud": "third"}, "the token does not have a valid audience"),
        ({"aud": None}, "the token does not have a valid audience"),
        ({"aud": "third", "client_id": AUDIENCE}, "the token does not have a valid audience"),
        ({"iss": "https://issuer.example.com"}, "invalid issuer"),
        ({"exp": PAST}, "the token has expired"),
        ({"nbf": FUTURE}, "the token is not valid yet"),
        ({"iat": FUTURE}, "the token is not valid yet"),
        ({"exp": None}, "the token has another algorithm or signature"),
        ({"algorithm": "ES256"}, "the token has another algorithm or signature"),
        ({"algorithm": "RS256", "kid": "ec"}, "the token has another algorithm or signature"),
        ({"kid": "unknown"}, "the token is malformed, or signed by an unknown key"),
    ],
    ids=str,
)
def test_token_that_is_not_valid_is_a_401_with_the_reason(issuer: Issuer, changes: dict[str, Any], reason: str) -> None:
    response, events = send(issuer, f"Bearer {issuer.token(**changes)}")
    assert (response.status_code, response.content, events) == (401, UNAUTHORIZED, [])
    assert response.headers["www-authenticate"] == f'Bearer scope="" error="invalid_token" error_description="{reason}"'


@pytest.mark.parametrize("changes", [{"aud": ["x", AUDIENCE]}, {"aud": None, "client_id": AUDIENCE}], ids=str)
def test_one_audience_or_the_client_id_is_enough(issuer: Issuer, changes: dict[str, Any]) -> None:
    assert send(issuer, issuer.token(**changes))[0].status_code == 200


def test_changed_and_symmetric_tokens_are_rejected(issuer: Issuer) -> None:
    head, payload, _ = issuer.token().split(".")
    other = issuer.token("bob").split(".")[2]
    symmetric = jwt.encode({"iss": issuer.url}, "k" * 32, algorithm="HS256", headers={"kid": "rsa"})
    unsigned = jwt.encode({"iss": issuer.url}, "", algorithm="none", headers={"kid": "rsa"})
    for token in (f"{head}.{payload}.{other}", symmetric, unsigned, "abc", "a.b.c", f"{issuer.token()},x"):
        assert send(issuer, f"Bearer {token}")[0].status_code == 401


def test_one_of_the_required_scopes_is_enough(issuer: Issuer) -> None:
    _, [event] = send(issuer, issuer.token(scope="b c"), scopes=("a", "b"))
    assert event["requestContext"]["authorizer"]["jwt"]["scopes"] == ["b", "c"]
    assert send(issuer, issuer.token(scp=["a"]), scopes=("a", "b"))[0].status_code == 200


def test_token_without_a_required_scope_is_a_403(issuer: Issuer) -> None:
    response, events = send(issuer, issuer.token(scope="c"), scopes=("a", "b"))
    assert (response.status_code, response.content, events) == (403, b'{"message":"Forbidden"}', [])
    assert response.headers["www-authenticate"].startswith('Bearer scope="a b" error="insufficient_scope"')


def test_keys_are_fetched_once(issuer: Issuer) -> None:
    function = Function()

    async def requests() -> list[int]:
        route = Route("GET /me", ARN, authorizer=Authorizer(issuer.url, (AUDIENCE,)))
        async with serving(function, routes=[route]) as client:
            headers = {"Authorization": issuer.token()}
            return [(await client.get("/me", headers=headers)).status_code for _ in range(3)]

    issuer.requests.clear()
    assert asyncio.run(requests()) == [200, 200, 200]
    assert issuer.requests == ["/.well-known/openid-configuration", "/keys"]


def test_unreachable_issuer_is_a_401() -> None:
    with serving_issuer() as ended:
        token = ended.token()
    response, _ = send(ended, token)
    assert (response.status_code, response.content) == (401, UNAUTHORIZED)
    assert "discovery document" in response.headers["www-authenticate"]


def test_preflight_needs_no_token_and_rejected_requests_count_for_throttling(issuer: Issuer) -> None:
    authorizer = Authorizer(issuer.url, (AUDIENCE,))
    route = Route("ANY /me", ARN, authorizer=authorizer, throttle=Throttle(rate=0.001, burst=1))
    preflight = {"Origin": "https://example.com", "Access-Control-Request-Method": "GET"}

    async def requests() -> list[int]:
        api = Api("abc123", cors=Cors(("https://example.com",)))
        async with serving(Function(), api=api, routes=[route], preflight=Preflight.GATEWAY) as client:
            responses = [await client.request("OPTIONS", "/me", headers=preflight)]
            responses += [await client.get("/me") for _ in range(2)]
            return [response.status_code for response in responses]

    assert asyncio.run(requests()) == [204, 401, 429]


def test_access_log_has_the_reason_and_the_claims(issuer: Issuer, tmp_path: Path) -> None:
    lines: list[str] = []
    api = Api(
        "abc123", access_log_group="a", access_log_format="$context.authorizer.error $context.authorizer.claims.sub"
    )
    route = Route("GET /me", ARN, authorizer=Authorizer(issuer.url, (AUDIENCE,)))
    log = AccessLog(tmp_path, "a", "s", lambda _group, _stream, _time, line: lines.append(line))

    async def requests() -> None:
        async with serving(Function(hello), api=api, routes=[route], access_log=log) as client:
            await client.get("/me")
            await client.get("/me", headers={"Authorization": issuer.token("anna")})

    asyncio.run(requests())
    assert lines == ["the request has no token -", "- anna"]


@pytest.mark.parametrize(
    ("value", "written"),
    [("a b", "a b"), (["a", "b"], "[a b]"), (True, "true"), (1764438000, "1764438000"), (1.0, "1"), (0.5, "0.5")],
)
def test_form_of_claims(value: object, written: str) -> None:
    assert as_text(value) == written
