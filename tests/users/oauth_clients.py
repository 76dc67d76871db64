"""Clients of OAuth that log in by password as their documentation says, and the errors that they raise."""

from collections.abc import Callable
from typing import Any, NamedTuple

from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from oauthlib.oauth2 import LegacyApplicationClient, OAuth2Error
from requests_oauthlib import OAuth2Session


class OAuthClient(NamedTuple):
    """A client: how it fetches a token (address of the endpoint, username, password), and its class of errors."""

    fetch: Callable[[str, str, str], dict[str, Any]]
    refused: type[Any]


def requests_oauthlib(url: str, username: str, password: str) -> dict[str, Any]:
    with OAuth2Session(client=LegacyApplicationClient(client_id="a client")) as session:
        token: dict[str, Any] = session.fetch_token(url, username=username, password=password)
        return token


def requests_oauthlib_with_a_secret(url: str, username: str, password: str) -> dict[str, Any]:
    with OAuth2Session(client=LegacyApplicationClient(client_id="a client")) as session:
        token: dict[str, Any] = session.fetch_token(
            url, username=username, password=password, client_id="a client", client_secret="a secret"
        )
        return token


def authlib_on_requests(url: str, username: str, password: str) -> dict[str, Any]:
    with AuthlibSession("a client", "a secret") as session:
        token: dict[str, Any] = session.fetch_token(url, username=username, password=password, grant_type="password")
        return token


def authlib_on_httpx(url: str, username: str, password: str) -> dict[str, Any]:
    with OAuth2Client("a client", "a secret") as session:
        token: dict[str, Any] = session.fetch_token(url, username=username, password=password, grant_type="password")
        return token


CLIENTS = {
    "requests-oauthlib": OAuthClient(requests_oauthlib, OAuth2Error),
    "requests-oauthlib, HTTP Basic": OAuthClient(requests_oauthlib_with_a_secret, OAuth2Error),
    "authlib on requests": OAuthClient(authlib_on_requests, OAuthError),
    "authlib on httpx": OAuthClient(authlib_on_httpx, OAuthError),
}
