"""The journey of a caller whose tokens an OpenID Connect issuer has issued."""

from collections.abc import Callable

import httpx2

from tests.support.problem import assert_problem

USERS = "/api/v1/users"
ANNA = {"email": "anna@example.com", "username": "anna"}


def journey(api: httpx2.Client, bearer: Callable[..., dict[str, str]]) -> None:
    """Register, change and erase a profile.

    Args:
        api: A client of the deployed API.
        bearer: Returns the header of a subject in these groups. The group `admins` has every scope.
    """
    own = bearer("auth0|anna")
    assert_problem(api.get(f"{USERS}/me", headers=own), 401, "account-inactive")
    created = api.post(USERS, json=ANNA, headers=own)
    assert created.status_code == 201, created.text
    path = created.headers["location"]
    assert_problem(api.post(USERS, json=ANNA, headers=own), 409, "profile-exists")
    assert api.patch(path, json={"username": "countess"}, headers=own).status_code == 200
    assert api.get(f"{USERS}/me", headers=own).json()["username"] == "countess"
    assert api.head(f"{USERS}/me", headers=own).status_code == 200
    other = bearer("bob")
    assert api.post(USERS, json={"email": "bob@example.com", "username": "bob"}, headers=other).status_code == 201
    assert_problem(api.patch(path, json={"username": "x"}, headers=other), 403, "forbidden")
    administrator = bearer("bob", "admins")
    assert len(api.get(USERS, headers=administrator).json()["items"]) >= 1
    assert api.post(f"{path}/erasure", headers=administrator).status_code == 204
    assert_problem(api.get(f"{USERS}/me", headers=own), 401, "account-inactive")
    # There are no passwords, so there is no path for them.
    assert api.post(f"{USERS}/token", data={"grant_type": "password"}).status_code == 404
    assert api.put(f"{path}/password", json={"password": "x"}, headers=own).status_code == 404
