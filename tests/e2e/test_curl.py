"""curl on the operations of every service: HEAD, OPTIONS, forms by mistake, large bodies, ETags, connections."""

from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest

from tests.conformance.found import ROWS, Row
from tests.e2e.successes import Prepared, prepared
from tests.support.curl import connections, curl, header_options, include
from tests.support.deployed.signing import Signer
from tests.support.problem import assert_problem
from tests.support.services import SERVICES, address

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MEGABYTE = 1024 * 1024
OF_THE_REQUEST = {"date", "apigw-requestid", "x-request-id"}
DEPLOYED = [row for row in ROWS if not row.operation.environment]
READS = [row for row in DEPLOYED if row.operation.method == "GET"]
REMOVALS = [row for row in DEPLOYED if row.operation.cases[0].status == httpx2.codes.NO_CONTENT]
WITH_JSON = [row for row in DEPLOYED if "json" in row.operation.send(1)]
# Another row of the same operation has only other cases.
BY_PATH = {(row.service, row.operation.path): row for row in DEPLOYED}


def command(api: httpx2.Client, request: Prepared, **headers: str) -> list[str]:
    """Return curl's arguments for a request without its body: its address, its method and its headers."""
    address = str(api.base_url.join(request.path).copy_merge_params(request.arguments.get("params", {})))
    return [address, "--request", request.method, *header_options({**request.headers, **headers})]


@pytest.mark.parametrize("row", READS, ids=str)
def test_head_has_the_headers_of_get(
    deployed_api: httpx2.Client, dynamodb: "DynamoDBClient", signer: Signer, row: Row
) -> None:
    (
        url,
        *_,
    ) = arguments = command(deployed_api, prepared(deployed_api, dynamodb, signer, row))
    assert arguments[1:3] == ["--request", "GET"]
    got, head = include(*arguments), include("--head", url, *arguments[3:])
    assert (got.status_code, head.status_code, head.content) == (200, 200, b"")
    assert head.headers.get("content-length", got.headers["content-length"]) == got.headers["content-length"]
    compared = (got.headers.keys() | head.headers.keys()) - OF_THE_REQUEST - {"content-length"}
    assert {name: head.headers.get(name) for name in compared} == {name: got.headers.get(name) for name in compared}


@pytest.mark.parametrize("row", BY_PATH.values(), ids=lambda row: f"{row.service}: {row.operation.path}")
def test_options_lists_the_methods(
    deployed_api: httpx2.Client, dynamodb: "DynamoDBClient", signer: Signer, row: Row
) -> None:
    request = prepared(deployed_api, dynamodb, signer, row)
    response = include("--request", "OPTIONS", str(deployed_api.base_url.join(request.path)))
    assert (response.status_code, response.content) == (204, b"")
    assert "content-type" not in response.headers
    known = {one.operation.method for one in DEPLOYED if one.operation.path == row.operation.path}
    expected = known | {"OPTIONS"} | ({"HEAD"} if "GET" in known else set())
    assert set(response.headers["allow"].split(", ")) == expected


@pytest.mark.parametrize("row", WITH_JSON, ids=str)
def test_data_without_a_content_type_is_unsupported(
    deployed_api: httpx2.Client, dynamodb: "DynamoDBClient", signer: Signer, row: Row
) -> None:
    arguments = command(deployed_api, prepared(deployed_api, dynamodb, signer, row))
    response = include(*arguments, "--data", '{"a": 1}')  # curl says it is a form
    problem = assert_problem(response, 415, "unsupported-media-type")
    assert response.headers["accept"] == "application/json"
    assert "send application/json" in problem["detail"]


@pytest.mark.parametrize("row", WITH_JSON, ids=str)
@pytest.mark.parametrize(("size", "by"), [(MEGABYTE + 1, "the function"), (11 * MEGABYTE, "API Gateway")])
def test_large_body_is_rejected(
    deployed_api: httpx2.Client,
    dynamodb: "DynamoDBClient",
    signer: Signer,
    tmp_path: Path,
    row: Row,
    size: int,
    by: str,
) -> None:
    """curl asks with `Expect: 100-continue` before it sends so much."""
    body = tmp_path / "body"
    body.write_bytes(b'"' + b"a" * (size - 2) + b'"')
    request = prepared(deployed_api, dynamodb, signer, row)
    arguments = command(deployed_api, request, **{"Content-Type": "application/json", "Expect": "100-continue"})
    response = include(*arguments, "--data-binary", f"@{body}")
    if by == "API Gateway":
        assert (response.status_code, response.json()) == (413, {"message": "Request Entity Too Large"})
    else:
        assert_problem(response, 413, "body-too-large")


@pytest.mark.parametrize("row", READS, ids=str)
def test_etag_that_curl_has_saved_gives_304(
    deployed_api: httpx2.Client, dynamodb: "DynamoDBClient", signer: Signer, tmp_path: Path, row: Row
) -> None:
    arguments = command(deployed_api, prepared(deployed_api, dynamodb, signer, row))
    saved = tmp_path / "etag"
    first = include(*arguments, "--etag-save", str(saved))
    if "etag" not in first.headers:
        pytest.skip("the operation has no ETag")
    assert saved.read_text().strip() == first.headers["etag"]
    again = include(*arguments, "--etag-compare", str(saved))
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert "content-type" not in again.headers


@pytest.mark.parametrize("row", READS, ids=str)
def test_compressed_response_is_the_same(
    deployed_api: httpx2.Client, dynamodb: "DynamoDBClient", signer: Signer, row: Row
) -> None:
    request = prepared(deployed_api, dynamodb, signer, row)
    first = curl(*command(deployed_api, request))
    assert curl("--compressed", *command(deployed_api, request)) == first


@pytest.mark.parametrize("service", SERVICES)
def test_connection_is_kept(
    deployed_api: httpx2.Client, dynamodb: "DynamoDBClient", signer: Signer, service: str
) -> None:
    health = str(deployed_api.base_url.join(f"{address(service)}/health"))
    sent: list[list[str]] = [[health], ["--head", health], [health], ["--request", "OPTIONS", health], [health]]
    expected = [200, 200, 200, 204, 200]
    tagged = [row for row in READS if row.service == service and "etag" in _read(deployed_api, dynamodb, signer, row)]
    for row in tagged[:1]:
        unchanged = prepared(deployed_api, dynamodb, signer, row)
        etag = unchanged.send(deployed_api).headers["etag"]
        sent += [command(deployed_api, unchanged, **{"If-None-Match": etag}), [health]]
        expected += [304, 200]
    for row in [row for row in REMOVALS if row.service == service and row.operation.method == "DELETE"][:1]:
        sent += [command(deployed_api, prepared(deployed_api, dynamodb, signer, row)), [health]]
        expected += [204, 200]
    assert connections(sent) == [(status, 1 if number == 0 else 0) for number, status in enumerate(expected)]


def _read(api: httpx2.Client, dynamodb: "DynamoDBClient", signer: Signer, row: Row) -> httpx2.Headers:
    return prepared(api, dynamodb, signer, row).send(api).headers
