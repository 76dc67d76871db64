"""The values of a book: what is accepted is published, and what was read may be sent back."""

import re
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from books.schemas import AuthorFilter, BookChange, Isbn, Tag, TagFilter
from books.spelling import LONGEST_TAG, LONGEST_TAG_FILTER, author_key, folded

TAG: TypeAdapter[str] = TypeAdapter(Tag)
TAG_FILTER: TypeAdapter[str] = TypeAdapter(TagFilter)
AUTHOR_FILTER: TypeAdapter[str] = TypeAdapter(AuthorFilter)
EXPANDING = st.sampled_from("ßẞΐᾳŉﬃﬀ\u212a\u200d\U0001d160 Aé")
TEXTS = st.text(EXPANDING | st.characters(), min_size=1, max_size=40)
HASH_KEY_BYTES = 2048  # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html


@given(TEXTS, TEXTS, TEXTS)
def test_change_that_was_read_is_sent_back_unchanged(title: str, author: str, tag: str) -> None:
    try:
        read = BookChange.model_validate({"title": title, "author": author, "tags": [tag]}).given()
    except ValidationError:
        return
    assert BookChange.model_validate(read).given() == read
    assert author_key(AUTHOR_FILTER.validate_python(read["author"])) == author_key(read["author"])
    assert folded(TAG_FILTER.validate_python(read["tags"][0])) == read["tags"][0]


def test_tag_is_measured_in_its_stored_form() -> None:
    assert TAG.validate_python("ß" * 16) == "s" * LONGEST_TAG
    with pytest.raises(ValidationError, match=r"At most 32 characters are allowed\. This text has 34\."):
        TAG.validate_python("ß" * 17)


def test_tag_that_was_stored_before_the_limit_can_be_searched_for_and_fits_an_index_key() -> None:
    folds = [folded(chr(code)) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]
    assert max(map(len, folds)) * LONGEST_TAG <= LONGEST_TAG_FILTER
    widest = max(len(each.encode()) for each in folds)
    assert len("TAG#") + widest * LONGEST_TAG_FILTER <= HASH_KEY_BYTES


ISBN: TypeAdapter[str] = TypeAdapter(Isbn)
PUBLISHED: dict[str, Any] = ISBN.json_schema()


@given(st.from_regex(PUBLISHED["pattern"], fullmatch=True).filter(lambda text: len(text) <= PUBLISHED["maxLength"]))
def test_isbn_of_the_published_form_fails_only_by_its_check_digit(text: str) -> None:
    try:
        isbn = ISBN.validate_python(text)
    except ValidationError as error:
        [found] = error.errors()
        isbn = found["msg"]
    assert isbn == "Value error, The ISBN is not valid: the check digit is wrong." or ISBN.validate_python(isbn) == isbn


@given(st.text("0123456789Xx -\u2010ISBN:\u0661", max_size=32))
def test_isbn_of_another_form_is_rejected(text: str) -> None:
    if not re.search(PUBLISHED["pattern"], text):
        with pytest.raises(ValidationError, match="send 10 digits"):
            ISBN.validate_python(text)
