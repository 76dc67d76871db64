import pytest

from local_aws.apigateway.routing import Router, TrailingSlash
from local_aws.model.deployment import Route

# The example of https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
DOCUMENTED = ("GET /pets/dog/1", "GET /pets/dog/{id}", "GET /pets/{proxy+}", "ANY /{proxy+}", "$default")


def routed(
    keys: tuple[str, ...], method: str, path: str, slash: TrailingSlash = TrailingSlash.SIGNIFICANT
) -> str | None:
    match = Router([Route(key, "arn") for key in keys], slash).match(method, path)
    return match.route.key if match else None


@pytest.mark.parametrize(
    ("method", "path", "key"),
    [
        ("GET", "/pets/dog/1", "GET /pets/dog/1"),
        ("GET", "/pets/dog/2", "GET /pets/dog/{id}"),
        ("GET", "/pets/cat/1", "GET /pets/{proxy+}"),
        ("POST", "/test/5", "ANY /{proxy+}"),
        ("GET", "/", "$default"),
    ],
)
@pytest.mark.parametrize("keys", [DOCUMENTED, DOCUMENTED[::-1]])
def test_documented_requests_take_the_documented_routes(
    keys: tuple[str, ...], method: str, path: str, key: str
) -> None:
    assert routed(keys, method, path) == key


def test_specific_method_comes_before_any() -> None:
    keys = ("ANY /orders", "GET /orders")
    assert routed(keys, "GET", "/orders") == "GET /orders"
    assert routed(keys, "PUT", "/orders") == "ANY /orders"


def test_full_match_comes_before_a_longer_greedy_prefix() -> None:
    keys = ("ANY /orders/new/{proxy+}", "ANY /orders/{id}/items")
    assert routed(keys, "GET", "/orders/new/items") == "ANY /orders/{id}/items"


def test_longer_greedy_route_comes_first() -> None:
    keys = ("ANY /{proxy+}", "ANY /api/{proxy+}", "ANY /api/v1/{proxy+}")
    assert routed(keys, "GET", "/api/v1/orders") == "ANY /api/v1/{proxy+}"
    assert routed(keys, "GET", "/api/v2/orders") == "ANY /api/{proxy+}"


def test_unmatched_request_has_no_route() -> None:
    assert routed(("GET /orders",), "POST", "/orders") is None
    assert routed(("GET /orders",), "GET", "/orders/1") is None
    assert routed(("GET /orders/{id}",), "GET", "/orders") is None


def test_path_variables_do_not_match_an_empty_part() -> None:
    assert routed(("ANY /orders/{id}",), "GET", "/orders/") is None
    assert routed(("ANY /{id}/items",), "GET", "//items") is None


def test_path_variables_are_decoded() -> None:
    match = Router([Route("ANY /orders/{id}/{proxy+}", "arn")]).match("GET", "/orders/a%20b/c%2Fd/e")
    assert match is not None
    assert match.path_parameters == {"id": "a b", "proxy": "c/d/e"}


def test_encoded_character_of_a_fixed_part_matches() -> None:
    assert routed(("ANY /orders",), "GET", "/%6Frders") == "ANY /orders"


def test_greedy_path_variable_matches_an_empty_rest_after_a_slash() -> None:
    keys = ("ANY /people/{proxy+}", "$default")
    assert routed(keys, "GET", "/people/") == "ANY /people/{proxy+}"
    assert routed(keys, "GET", "/people") == "$default"


def test_trailing_slash_is_significant() -> None:
    keys = ("ANY /people", "$default")
    assert routed(keys, "GET", "/people/") == "$default"


def test_trailing_slash_can_be_ignored() -> None:
    keys = ("ANY /people", "ANY /people/{proxy+}", "ANY /", "$default")
    assert routed(keys, "GET", "/people/", TrailingSlash.IGNORED) == "ANY /people"
    assert routed(keys, "GET", "/people/1/", TrailingSlash.IGNORED) == "ANY /people/{proxy+}"
    assert routed(keys, "GET", "/", TrailingSlash.IGNORED) == "ANY /"
