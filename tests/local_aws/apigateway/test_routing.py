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
def test_the_documented_requests_take_the_documented_routes(
    keys: tuple[str, ...], method: str, path: str, key: str
) -> None:
    assert routed(keys, method, path) == key


def test_a_named_method_comes_before_any() -> None:
    keys = ("ANY /books", "GET /books")
    assert routed(keys, "GET", "/books") == "GET /books"
    assert routed(keys, "PUT", "/books") == "ANY /books"


def test_a_full_match_comes_before_a_greedy_one_that_says_more_at_its_start() -> None:
    keys = ("ANY /books/new/{proxy+}", "ANY /books/{id}/loans")
    assert routed(keys, "GET", "/books/new/loans") == "ANY /books/{id}/loans"


def test_the_longer_greedy_route_comes_first() -> None:
    keys = ("ANY /{proxy+}", "ANY /api/{proxy+}", "ANY /api/v1/{proxy+}")
    assert routed(keys, "GET", "/api/v1/books") == "ANY /api/v1/{proxy+}"
    assert routed(keys, "GET", "/api/v2/books") == "ANY /api/{proxy+}"


def test_a_request_without_a_route_has_no_match() -> None:
    assert routed(("GET /books",), "POST", "/books") is None
    assert routed(("GET /books",), "GET", "/books/1") is None
    assert routed(("GET /books/{id}",), "GET", "/books") is None


def test_neither_kind_of_variable_takes_nothing() -> None:
    assert routed(("ANY /books/{proxy+}",), "GET", "/books/") is None
    assert routed(("ANY /books/{id}",), "GET", "/books/") is None
    assert routed(("ANY /{id}/loans",), "GET", "//loans") is None


def test_path_variables_are_decoded() -> None:
    match = Router([Route("ANY /books/{id}/{proxy+}", "arn")]).match("GET", "/books/a%20b/c%2Fd/e")
    assert match is not None
    assert match.path_parameters == {"id": "a b", "proxy": "c/d/e"}


def test_an_encoded_character_of_a_fixed_part_still_matches() -> None:
    assert routed(("ANY /books",), "GET", "/b%6Foks") == "ANY /books"


def test_a_trailing_slash_makes_another_path() -> None:
    keys = ("ANY /users", "ANY /users/{proxy+}", "$default")
    assert routed(keys, "GET", "/users/") == "$default"


def test_a_trailing_slash_can_be_ignored() -> None:
    keys = ("ANY /users", "ANY /users/{proxy+}", "ANY /", "$default")
    assert routed(keys, "GET", "/users/", TrailingSlash.IGNORED) == "ANY /users"
    assert routed(keys, "GET", "/users/1/", TrailingSlash.IGNORED) == "ANY /users/{proxy+}"
    assert routed(keys, "GET", "/", TrailingSlash.IGNORED) == "ANY /"
