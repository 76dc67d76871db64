"""A web page may send anything to the API. It cannot delay the page's list, or the API, by what it sends."""

import json
import time

import pytest

from local_aws.apigateway.journal import KEPT_BYTES, KEPT_TARGET
from local_aws.page.masking import masked_text
from local_aws.page.request_view import masked_target, summary
from tests.local_aws.page.seen_requests import an_entry

REQUESTS = 200
TEXTS = (
    '{"a":' * 20_000,
    '"' * 100_000,
    "a:[" * 30_000,
    '{"a":"' + "\\" * 100_001,
    "=" * 100_000,
    "a=" * 50_000,
    "".join(f"{number}=" for number in range(20_000)),
    "=;" * 50_000,
    " :" * 50_000,
    '"a\\"' * 25_000,
    '"\\' * 50_000,
    "'\\" * 50_000,
    ('"' + "a" * 300 + "\\") * 300,
    "%25" * 30_000,
    "%u0025" * 20_000,
    "&" * 60_000,
    "&amp;" * 20_000,
    "--b\nContent-Disposition: form-data; name=password\n\n" * 2_000,
    "--b\nContent-Disposition: form-data; name=password\n" * 2_000,
    '"password"' * 6_000,
    "//" * 30_000,
    "//a:a" * 20_000,
    "//a:a/" * 20_000,
    "//" + "a:" * 50_000,
    "bearer" + " " * 100_000,
    "bearer " * 20_000,
    "eyJaaaaa" * 8_000,
    json.dumps({"a": ["=" * 30_000] * 2}),
    json.dumps(["a=b&c"] * 7_000),
    "\\" * 60_000,
    "name=" * 12_000,
    "content-disposition: " + 'name="' * 10_000,
    "content-disposition: " + 'name="\\";' * 8_000,
)


@pytest.mark.parametrize("text", TEXTS, ids=[text[:12] for text in TEXTS])
def test_hostile_text_is_masked_in_linear_time(text: str) -> None:
    began = time.process_time()
    masked_text(text[:KEPT_BYTES])
    assert time.process_time() - began < 1  # at most 0.2 s where it was written


def test_list_of_hostile_requests_is_fast() -> None:
    entries = [
        an_entry(path=f"/{number}" + "a=" * (KEPT_TARGET // 2), query=f"{number}" + '"\\' * (KEPT_TARGET // 2))
        for number in range(REQUESTS)
    ]
    began = time.process_time()
    for entry in entries:
        summary(entry)
    assert time.process_time() - began < 10  # about 1 s


def test_paths_and_queries_are_masked_once() -> None:
    entries = [an_entry(path=f"/once/{number}", query=f"token={number}") for number in range(REQUESTS)]
    first = [summary(entry) for entry in entries]
    misses = masked_target.cache_info().misses
    assert [summary(entry) for entry in entries] == first
    assert masked_target.cache_info().misses == misses
