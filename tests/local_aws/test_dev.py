import httpx2

from tests.local_aws.source_server import served_from_source


def test_both_services_answer_from_source_on_one_port() -> None:
    with served_from_source() as url:
        assert httpx2.get(f"{url}/users/1").json()["email"] == "cto@example.com"
        book = {"title": "Dune", "author": "Frank Herbert", "isbn": "978-0-441-17271-9"}
        person = {"email": "dev@shop.example", "password": "correct horse battery staple"}
        assert httpx2.post(f"{url}/users/", json=person | {"username": "dev"}).status_code == 201
        form = {"grant_type": "password", "username": person["email"], "password": person["password"]}
        token = httpx2.post(f"{url}/api/v1/users/token", data=form).json()["access_token"]
        own = {"Authorization": f"Bearer {token}"}
        assert httpx2.post(f"{url}/api/v1/books", json=book).status_code == 401
        created = httpx2.post(f"{url}/api/v1/books", json=book, headers=own)
        assert created.status_code == 201
        assert httpx2.get(f"{url}{created.headers['location']}").json()["isbn"] == "9780441172719"
        assert httpx2.get(f"{url}/").json()["services"] == {"books": "/api/v1/books", "users": "/api/v1/users"}
        for path in ("/nowhere", "/api/v1", "/api/v1books", "/api/v1/"):
            assert httpx2.get(f"{url}{path}").headers["content-type"] == "application/problem+json"
