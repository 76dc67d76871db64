"""`make dev`: the service has its demo data, its table and the secret that signs its tokens."""

import httpx2

from tests.local_aws.source_server import served_from_source

PERSON = {"email": "from.source@example.com", "username": "from-source", "password": "correct horse battery staple"}
LOGIN = {"grant_type": "password", "username": PERSON["email"], "password": PERSON["password"]}
WRONG = LOGIN | {"password": "another horse battery"}


def test_registered_user_logs_in_and_headers_do_not_change_the_network_of_a_guesser() -> None:
    with served_from_source() as url:
        assert httpx2.get(f"{url}/users/1").json()["email"] == "cto@example.com"
        assert httpx2.post(f"{url}/users/", json=PERSON).status_code == 201
        token = httpx2.post(f"{url}/api/v1/users/token", data=LOGIN).json()["access_token"]
        own = {"Authorization": f"Bearer {token}"}
        assert httpx2.get(f"{url}/api/v1/users/me", headers=own).json()["email"] == PERSON["email"]
        # uvicorn would take the client's address from the header by default, if the peer is this machine.
        guesses = [
            httpx2.post(
                f"{url}/api/v1/users/token", data=WRONG, headers={"X-Forwarded-For": f"198.51.{number}.1"}
            ).status_code
            for number in range(6)
        ]
        assert guesses == [400] * 5 + [429]
        with httpx2.Client(transport=httpx2.HTTPTransport(local_address="127.0.2.5")) as elsewhere:
            assert elsewhere.post(f"{url}/api/v1/users/token", data=LOGIN).status_code == 200
