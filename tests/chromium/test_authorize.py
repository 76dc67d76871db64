"""Swagger UI's Authorize: who fills it in makes requests with a token."""

import json
from collections.abc import Iterator

import httpx2
import pytest

from local_aws.commands.screenshot import AUTHORIZE, FIELD, OPERATION
from local_aws.page.chromium import Chromium
from local_aws.page.devtools import Tab, visiting
from tests.local_aws.source_server import served_from_source

PERSON = {"email": "swagger@bookshelf.example", "username": "swagger", "password": "correct horse battery staple"}
DIALOG = ".dialog-ux"
LOANS = "#operations-loans-list_own_loans_api_v1_books_loans_get"
# React hears of a value only when it is set as the browser sets it.
FILL = """{
  const field = document.querySelector(%s);
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(field, %s);
  field.dispatchEvent(new Event("input", { bubbles: true }));
}"""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served_from_source() as url:
        assert httpx2.post(f"{url}/api/v1/users", json=PERSON).status_code == 201
        yield url


@pytest.fixture
def tab(url: str) -> Iterator[Tab]:
    with visiting(Chromium.found(), f"{url}/docs", width=1280, height=900) as tab:
        assert tab.appears(OPERATION)
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


def own_loans(tab: Tab) -> str:
    """The status of the answer to a request that needs a token, as Swagger UI shows it."""
    click(tab, f"{LOANS} .opblock-summary-control")
    click(tab, f"{LOANS} .try-out__btn")
    click(tab, f"{LOANS} .execute")
    status = f"{LOANS} .live-responses-table tbody .response-col_status"
    assert tab.appears(status)
    return str(tab.evaluate(f"document.querySelector({json.dumps(status)}).innerText")).split()[0]


def test_who_logs_in_asks_with_a_token(tab: Tab) -> None:
    log_in(tab, PERSON["password"])
    assert tab.appears(f"{DIALOG} [aria-label='Remove authorization']")
    click(tab, f"{DIALOG} .btn-done")
    assert own_loans(tab) == "200"


def test_who_does_not_asks_without_one(tab: Tab) -> None:
    assert own_loans(tab) == "401"


def test_a_wrong_password_is_refused_in_the_dialog(tab: Tab) -> None:
    log_in(tab, "another battery staple")
    assert tab.appears(f"{DIALOG} .errors")
