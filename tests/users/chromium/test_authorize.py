"""Swagger UI's Authorize dialog: requests after a login carry the token."""

import json
from collections.abc import Iterator

import httpx2
import pytest

from local_aws.commands.screenshot import AUTHORIZE, FIELD, OPERATION
from local_aws.page.chromium import Chromium
from local_aws.page.devtools import Tab, visiting
from tests.local_aws.source_server import served_from_source

USERS = "/api/v1/users"
PERSON = {"email": "swagger@example.com", "username": "swagger", "password": "correct horse battery staple"}
DIALOG = ".dialog-ux"
CHOOSE = """{
  const services = document.getElementById("service");
  services.value = "users";
  services.dispatchEvent(new Event("change"));
}"""
# React hears of a value only when it is set as the browser sets it.
FILL = """{
  const field = document.querySelector(%s);
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(field, %s);
  field.dispatchEvent(new Event("input", { bubbles: true }));
}"""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served_from_source() as url:
        assert httpx2.post(f"{url}{USERS}", json=PERSON).status_code == 201
        yield url


@pytest.fixture(scope="module")
def own_account(url: str) -> str:
    """Return the selector of the operation that returns the caller's own account."""
    operation = httpx2.get(f"{url}{USERS}/openapi.json").json()["paths"][f"{USERS}/me"]["get"]
    return f"#operations-{operation['tags'][0]}-{operation['operationId']}"


@pytest.fixture
def tab(url: str, own_account: str) -> Iterator[Tab]:
    with visiting(Chromium.found(), f"{url}/docs", width=1280, height=900) as tab:
        assert tab.appears(OPERATION)
        tab.evaluate(CHOOSE)
        assert tab.appears(own_account)
        yield tab


def click(tab: Tab, selector: str) -> None:
    assert tab.appears(selector), selector
    tab.evaluate(f"document.querySelector({json.dumps(selector)}).click()")


def log_in(tab: Tab, password: str) -> None:
    click(tab, AUTHORIZE)
    assert tab.appears(FIELD)
    for name, value in (("username", PERSON["email"]), ("password", password)):
        selector = f"{DIALOG} #oauth_{name}"
        assert tab.appears(selector)
        tab.evaluate(FILL % (json.dumps(selector), json.dumps(value)))
    click(tab, f"{DIALOG} .auth-btn-wrapper .authorize")


def status_of(tab: Tab, operation: str) -> str:
    """Execute the operation and return the status that Swagger UI shows."""
    for button in (".opblock-summary-control", ".try-out__btn", ".execute"):
        click(tab, f"{operation} {button}")
    status = f"{operation} .live-responses-table tbody .response-col_status"
    assert tab.appears(status)
    return str(tab.evaluate(f"document.querySelector({json.dumps(status)}).innerText")).split()[0]


def test_requests_after_login_carry_the_token(tab: Tab, own_account: str) -> None:
    log_in(tab, PERSON["password"])
    assert tab.appears(f"{DIALOG} [aria-label='Remove authorization']")
    click(tab, f"{DIALOG} .btn-done")
    assert status_of(tab, own_account) == "200"


def test_requests_without_login_carry_no_token(tab: Tab, own_account: str) -> None:
    assert status_of(tab, own_account) == "401"


def test_wrong_password_is_shown_in_the_dialog(tab: Tab) -> None:
    log_in(tab, "another battery staple")
    assert tab.appears(f"{DIALOG} .errors")
    shown = tab.evaluate(f"document.querySelector({json.dumps(f'{DIALOG} .errors')}).innerText")
    assert "error: invalid_grant, description: No active user has this e-mail address" in str(shown)
