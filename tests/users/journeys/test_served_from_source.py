"""`make dev`: the service has its demo data, its table and the secret that signs its tokens."""

import httpx2

from tests.local_aws.source_server import served_from_source

PERSON = {"email": "from.source@example.com", "username": "from-source", "password": "correct horse battery staple"}
LOGIN = {"grant_type": "password", "username": PERSON["email"], "password": PERSON["password"]}


def test_registered_user_logs_in() -> None:
    with served_from_source() as url:
        assert httpx2.get(f"{url}/users/1").json()["email"] == "cto@example.com"
        assert httpx2.post(f"{url}/users/", json=PERSON).status_code == 201
        token = httpx2.post(f"{url}/api/v1/users/token", data=LOGIN).json()["access_token"]
        own = {"Authorization": f"Bearer {token}"}
        assert httpx2.get(f"{url}/api/v1/users/me", headers=own).json()["email"] == PERSON["email"]
