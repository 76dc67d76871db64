"""The journeys of users and their administrators through the packaged zips."""

from typing import TYPE_CHECKING

import httpx2
import jwt
import pytest

from tests.support.eventually import eventually
from tests.support.problem import assert_problem
from tests.users.journeys.accounts import ME, PASSWORD, TOKEN, USERS, administrator, log_in, new_email, register
from tests.users.oauth_clients import CLIENTS, OAuthClient

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def test_user_registers_logs_in_and_leaves(deployed_api: httpx2.Client) -> None:
    person = register(deployed_api)
    assert_problem(deployed_api.post(USERS, json={"email": person.email.upper(), "username": "x"}), 409, "email-taken")
    assert_problem(deployed_api.post(TOKEN, data=person.form | {"password": "wrong"}), 400, "invalid-credentials")
    own = log_in(deployed_api, person)
    assert deployed_api.get(ME, headers=own).json() == {
        "id": person.id,
        "email": person.email,
        "username": "reader",
        "is_active": True,
        "scopes": [],
    }

    version = {"if-match": deployed_api.get(person.path).headers["etag"]}
    moved = new_email()
    change = {"email": moved, "username": "writer"}
    assert deployed_api.patch(person.path, json=change, headers=own | version).json()["username"] == "writer"
    assert_problem(deployed_api.patch(person.path, json=change, headers=own | version), 412, "version-mismatch")

    passwords = {"password": "another horse battery", "current_password": PASSWORD}
    assert deployed_api.put(f"{person.path}/password", json=passwords, headers=own).status_code == 204
    assert_problem(deployed_api.post(TOKEN, data=person.form | {"username": moved}), 400, "invalid-credentials")
    login = {"username": moved, "password": passwords["password"]}

    def left() -> int:
        """Log in and leave: only logins from a later second than the change of the password are recent."""
        return deployed_api.delete(person.path, headers=log_in(deployed_api, person, **login)).status_code

    assert_problem(deployed_api.delete(person.path, headers=own), 401, "insufficient-user-authentication")
    eventually(left, 204)
    assert_problem(deployed_api.get(ME, headers=own), 401, "account-inactive")
    assert_problem(deployed_api.post(TOKEN, data=person.form | login), 400, "invalid-credentials")


@pytest.mark.parametrize("library", CLIENTS.values(), ids=CLIENTS)
def test_oauth_library_logs_in_and_reports_a_wrong_password(
    deployed_api: httpx2.Client, monkeypatch: pytest.MonkeyPatch, library: OAuthClient
) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    person = register(deployed_api)
    url = str(deployed_api.base_url.join(TOKEN))
    token = library.fetch(url, person.email, PASSWORD)
    own = {"Authorization": f"Bearer {token['access_token']}"}
    assert deployed_api.get(ME, headers=own).json()["id"] == person.id
    with pytest.raises(library.refused) as refusal:
        library.fetch(url, person.email, "wrong")
    assert refusal.value.error == "invalid_grant"


def test_password_of_one_unicode_form_logs_in_in_the_other(deployed_api: httpx2.Client) -> None:
    person = register(deployed_api, "e\u0301te\u0301 apre\u0300s l'hiver")
    form = person.form | {"password": "\u00e9t\u00e9 apr\u00e8s l'hiver"}
    assert deployed_api.post(TOKEN, data=form).status_code == 200


def test_common_password_is_rejected(deployed_api: httpx2.Client) -> None:
    body = {"email": new_email(), "username": "reader", "password": "Password1234"}
    assert_problem(deployed_api.post(USERS, json=body), 422, "password-rejected")


def test_administrator_lists_sets_password_and_erases(deployed_api: httpx2.Client, dynamodb: "DynamoDBClient") -> None:
    person = register(deployed_api, password=None)
    own = administrator(deployed_api, dynamodb)
    eventually(lambda: person.id in [user["id"] for user in _listed(deployed_api, own)], expected=True)
    password = {"password": PASSWORD}
    assert deployed_api.put(f"{person.path}/password", json=password, headers=own).status_code == 204
    assert_problem(deployed_api.get(USERS, headers=log_in(deployed_api, person)), 403, "forbidden")
    assert deployed_api.post(f"{person.path}/erasure", headers=own).status_code == 204
    assert_problem(deployed_api.get(person.path), 404, "user-not-found")
    register_again = deployed_api.post(USERS, json={"email": person.email, "username": "reader"})
    assert register_again.status_code == 201


def _listed(deployed_api: httpx2.Client, headers: dict[str, str]) -> list[dict[str, object]]:
    page = deployed_api.get(USERS, params={"limit": 100}, headers=headers)
    assert page.status_code == 200, page.text
    items: list[dict[str, object]] = page.json()["items"]
    return items


def test_token_names_the_deployment_and_every_service_accepts_it(deployed_api: httpx2.Client) -> None:
    person = register(deployed_api)
    own = log_in(deployed_api, person)
    claims = jwt.decode(own["Authorization"].removeprefix("Bearer "), options={"verify_signature": False})
    assert (claims["sub"], claims["scope"], claims["exp"] - claims["iat"]) == (str(person.id), "", 900)
    for service, address in deployed_api.get("/").json()["services"].items():
        document = deployed_api.get(f"{address}/openapi.json").json()
        for path, methods in document["paths"].items():
            if methods.get("get", {}).get("security") and "{" not in path:
                assert deployed_api.get(path, headers=own).status_code in {200, 403}, (service, path)
                assert_problem(deployed_api.get(path), 401, "unauthenticated")


def test_addresses_without_a_version_reach_the_service(deployed_api: httpx2.Client) -> None:
    created = deployed_api.post("/users/", json={"email": new_email(), "username": "reader"})
    assert created.status_code == 201
    for path in (f"/users/{created.json()['id']}", f"/users/{created.json()['id']}/"):
        assert deployed_api.get(path).json() == created.json()
