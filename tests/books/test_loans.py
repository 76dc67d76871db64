from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from books.loans import Loan
from tests.books.examples import BOOK, MORNING


@given(st.lists(st.timedeltas(timedelta(0), timedelta(days=20_000)), unique=True))
def test_positions_of_loans_sort_by_time(moments: list[timedelta]) -> None:
    loans = [Loan(book_id=BOOK.id, borrower="1", lent_at=MORNING + moment) for moment in moments]
    by_position = sorted(loans, key=lambda loan: loan.position)
    assert by_position == sorted(loans, key=lambda loan: loan.lent_at)
