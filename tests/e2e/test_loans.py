"""Loans through the packaged zips: who may borrow and return, and that a book is never lent twice."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest

from local_aws.session import Session
from tests.e2e.people import log_in, register
from tests.e2e.shelf import LOANS, NOWHERE, added, everything, new_id
from tests.e2e.signing import Signer
from tests.support.eventually import eventually
from tests.support.problem import assert_problem

BORROWERS = 200


@pytest.fixture
def borrower(signer: Signer) -> dict[str, str]:
    return signer.bearer(new_id())


@pytest.fixture
def loan(api: httpx2.Client, signer: Signer) -> str:
    """The address of the loan that a book may get."""
    return f"{added(api, signer.bearer(new_id()))}/loan"


def test_who_registers_and_logs_in_borrows_a_book_and_returns_it(api: httpx2.Client, loan: str) -> None:
    own, other = (log_in(api, register(api)) for _ in range(2))
    lent = api.put(loan, headers=own)
    assert lent.status_code == 201
    assert_problem(api.put(loan, headers=other), 409, "book-already-lent")
    eventually(lambda: everything(api, LOANS, headers=own), [lent.json()])
    assert everything(api, LOANS, headers=other) == []
    assert api.delete(loan, headers=own).status_code == 204
    assert api.put(loan, headers=other).status_code == 201
    eventually(lambda: everything(api, LOANS, headers=own), [])


def test_who_has_a_book_gets_the_same_loan_again(api: httpx2.Client, loan: str, borrower: dict[str, str]) -> None:
    first, again = (api.put(loan, headers=borrower) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()


def test_a_refusal_does_not_say_who_has_the_book(api: httpx2.Client, loan: str, signer: Signer) -> None:
    who = new_id()
    assert api.put(loan, headers=signer.bearer(who)).status_code == 201
    for headers in (signer.bearer(new_id()), signer.bearer(new_id(), "books:admin")):
        refused = api.put(loan, headers=headers)
        assert_problem(refused, 409, "book-already-lent")
        assert who not in refused.text


def test_only_the_borrower_and_administrators_return_a_book(
    api: httpx2.Client, loan: str, borrower: dict[str, str], signer: Signer
) -> None:
    assert api.put(loan, headers=borrower).status_code == 201
    for scopes in ((), ("users:admin",)):
        refused = api.delete(loan, headers=signer.bearer(new_id(), *scopes))
        assert_problem(refused, 403, "not-your-loan")
        assert 'scope="books:admin"' in refused.headers["www-authenticate"]
    assert api.put(loan, headers=borrower).status_code == 200
    assert api.delete(loan, headers=signer.bearer(new_id(), "books:admin")).status_code == 204
    for headers in (borrower, signer.bearer(new_id(), "books:admin")):
        assert_problem(api.delete(loan, headers=headers), 404, "loan-not-found")


@pytest.mark.parametrize(("method", "path"), [("PUT", "{loan}"), ("DELETE", "{loan}"), ("GET", LOANS)])
def test_without_a_token_of_this_deployment_there_are_no_loans(
    api: httpx2.Client, loan: str, signer: Signer, method: str, path: str
) -> None:
    address = path.format(loan=loan)
    assert_problem(api.request(method, address), 401, "unauthenticated")
    refused = api.request(method, address, headers=signer.bearer(new_id(), exp=1))
    assert_problem(refused, 401, "invalid-token")


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_book_that_is_not_there_is_neither_lent_nor_returned(
    api: httpx2.Client, borrower: dict[str, str], method: str
) -> None:
    assert_problem(api.request(method, f"{NOWHERE}/loan", headers=borrower), 404, "book-not-found")
    assert_problem(api.request(method, "/api/v1/books/abc/loan", headers=borrower), 422, "invalid-request")


def test_ones_own_loans_are_on_linked_pages_the_newest_first(
    api: httpx2.Client, signer: Signer, borrower: dict[str, str]
) -> None:
    loans = [f"{added(api, signer.bearer(new_id()))}/loan" for _ in range(5)]
    lent = [api.put(loan, headers=borrower).json() for loan in loans]
    eventually(lambda: everything(api, f"{LOANS}?limit=2", headers=borrower), lent[::-1])
    following = api.get(f"{LOANS}?limit=2", headers=borrower).json()["next"]
    assert_problem(api.get(following, headers=signer.bearer(new_id())), 400, "invalid-cursor")
    assert_problem(api.get(f"{LOANS}?limit=101", headers=borrower), 422, "invalid-request")


def test_of_two_hundred_who_borrow_a_book_at_once_exactly_one_gets_it(
    api: httpx2.Client, session: Session, loan: str, signer: Signer
) -> None:
    everyone = [signer.bearer(new_id()) for _ in range(BORROWERS)]
    at_once = httpx2.Client(base_url=session.url, timeout=60, limits=httpx2.Limits(max_connections=BORROWERS))
    with at_once, ThreadPoolExecutor(BORROWERS) as pool:
        answers = list(pool.map(lambda headers: at_once.put(loan, headers=headers), everyone))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: BORROWERS - 1}
    [winner] = [number for number, answer in enumerate(answers) if answer.status_code == 201]
    expected = [[answers[winner].json()] if number == winner else [] for number in range(BORROWERS)]
    eventually(lambda: everything(api, LOANS, headers=everyone[winner]), expected[winner])
    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(lambda headers: everything(api, LOANS, headers=headers), everyone)) == expected
