"""The journey of a new user that needs nothing but the API."""

import httpx2

from tests.users.journeys.accounts import ME, log_in, register


def join_and_leave(api: httpx2.Client) -> None:
    """Register a user, log in, read the account, and deactivate it."""
    person = register(api)
    own = log_in(api, person)
    assert api.get(ME, headers=own).json()["id"] == person.id
    assert api.delete(person.path, headers=own).status_code == 204
    assert api.get(ME, headers=own).status_code == 401
