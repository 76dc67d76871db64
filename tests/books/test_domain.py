import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from books.domain import RANDOM_BITS, Book, Changes, new_book_id
from common.failures import Invalid
from tests.books.examples import BOOK

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LARGEST = (1 << RANDOM_BITS) - 1


@given(st.datetimes(datetime(2026, 1, 1), datetime(2200, 1, 1)), st.integers(0, LARGEST))  # noqa: DTZ001
def test_ids_are_uuids_of_version_7_that_sort_by_time(moment: datetime, randomness: int) -> None:
    now = moment.replace(tzinfo=UTC)
    parsed = uuid.UUID(new_book_id(now, randomness))
    assert (parsed.version, parsed.variant) == (7, uuid.RFC_4122)
    assert str(parsed) < new_book_id(now + timedelta(milliseconds=2), 0)


def test_new_book_has_a_normalised_isbn_and_distinct_tags() -> None:
    book = Book.new(
        title="t",
        author="a",
        isbn="0-306-40615-2",
        published_year=None,
        tags=["Science", "fiction", "SCIENCE"],
        created_by="7",
        now=NOW,
        random_bits=lambda _bits: 5,
    )
    assert (book.isbn, book.tags, book.id) == ("9780306406157", ("science", "fiction"), new_book_id(NOW, 5))
    assert (book.created_at, book.created_by, book.version) == (NOW, "7", 1)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (Changes(title="GEB"), {"title": "GEB"}),
        (Changes(author="D. Hofstadter"), {"author": "D. Hofstadter"}),
        (Changes(isbn="0-306-40615-2"), {"isbn": "9780306406157"}),
        (Changes(published_year=None), {"published_year": None}),
        (Changes(tags=["Minds", "MINDS", "music"]), {"tags": ("minds", "music")}),
        (Changes(title="GEB", published_year=1999), {"title": "GEB", "published_year": 1999}),
    ],
)
def test_change_sets_the_given_fields_and_the_next_version(changes: Changes, expected: dict[str, object]) -> None:
    assert BOOK.changed(now=NOW, **changes) == replace(BOOK, version=2, **expected)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changes", [Changes(), Changes(title=BOOK.title), Changes(tags=["Logic", "MUSIC"]), Changes(isbn="0-465-02656-7")]
)
def test_change_without_difference_keeps_the_version(changes: Changes) -> None:
    assert BOOK.changed(now=NOW, **changes) is BOOK


def test_book_cannot_get_an_invalid_isbn() -> None:
    with pytest.raises(ValueError, match="The ISBN is not valid"):
        BOOK.changed(now=NOW, isbn="9780306406158")


def new(year: int | None) -> Book:
    return Book.new(
        title="t",
        author="a",
        isbn="0-306-40615-2",
        published_year=year,
        tags=[],
        created_by="7",
        now=NOW,
        random_bits=lambda _bits: 5,
    )


@pytest.mark.parametrize("year", [None, 1, 1995, NOW.year + 1])
def test_book_may_appear_until_the_next_year(year: int | None) -> None:
    assert new(year).published_year == BOOK.changed(now=NOW, published_year=year).published_year == year


@pytest.mark.parametrize("year", [-1, 0, NOW.year + 2, 3000])
@pytest.mark.parametrize("act", [new, lambda year: BOOK.changed(now=NOW, published_year=year)], ids=["new", "changed"])
def test_book_cannot_get_another_year(act: Callable[[int], Book], year: int) -> None:
    with pytest.raises(Invalid, match=r"The year of publication is not valid: send a year from 1 to 2027\.") as found:
        act(year)
    assert found.value.field == "published_year"


def test_year_that_was_stored_before_the_rule_may_be_sent_back() -> None:
    old = replace(BOOK, published_year=3000)
    assert old.changed(now=NOW, published_year=3000) is old
