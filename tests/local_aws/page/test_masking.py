import json

import pytest

from local_aws.page.masking import masked_header, masked_query, masked_text


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("authorization", "Bearer eyJhbGciOi", "Bearer [masked]"),
        ("Authorization", "opaque", "[masked]"),
        ("proxy-authorization", "Basic dTpw", "Basic [masked]"),
        ("x-api-key", "k-1", "[masked]"),
        ("x-amz-security-token", "t", "[masked]"),
        ("cookie", "session=1; theme=dark", "session=[masked]; theme=[masked]"),
        ("set-cookie", "session=1; Path=/; HttpOnly", "session=[masked]; Path=/; HttpOnly"),
        ("set-cookie", "nameless", "[masked]"),
        ("x-amzn-trace-id", "Root=1-2", "Root=1-2"),
        ("content-type", "application/json", "application/json"),
    ],
)
def test_credentials_and_cookies_in_headers_are_masked(name: str, value: str, shown: str) -> None:
    assert masked_header(name, value) == shown


def test_secret_parameters_are_masked_and_the_others_untouched() -> None:
    query = "q=a%20b&access_token=x.y&password=p%26q&page=2"
    assert masked_query(query) == "q=a%20b&access_token=[masked]&password=[masked]&page=2"
    assert masked_query("author=token") == "author=token"


def test_nested_secret_fields_are_masked() -> None:
    body = {"email": "a@example.com", "new-Password": "p", "nested": [{"clientSecret": {"any": 1}, "id": 1}]}
    assert json.loads(masked_text(json.dumps(body))) == {
        "email": "a@example.com",
        "new-Password": "[masked]",
        "nested": [{"clientSecret": "[masked]", "id": 1}],
    }


def test_body_without_secrets_is_unchanged() -> None:
    for body in ('{ "b": 1.0,\n "a": "\\u00fc" }', "<p>a=1 &amp; b</p>", "title=Dune&year=1965", ""):
        assert masked_text(body) == body


def test_password_in_a_form_is_masked() -> None:
    assert masked_text("username=a&password=p%20q&scope=") == "username=a&password=[masked]&scope="


def test_password_in_a_multipart_form_is_masked() -> None:
    part = '--b\r\nContent-Disposition: form-data; name="{}"\r\nContent-Type: text/plain\r\n\r\n{}\r\n'
    shown = masked_text(part.format("user", "a") + part.format("password", "p\r\nq") + "--b--\r\n")
    assert shown == part.format("user", "a") + part.format("password", "[masked]") + "--b--\r\n"


@pytest.mark.parametrize("end", ["p", 'p\\"q', 'p","more": [1'])
def test_password_in_truncated_json_is_masked(end: str) -> None:
    shown = masked_text('{"user": "a", "password": "' + end)
    assert shown.startswith('{"user": "a", "password": "[masked]')
    assert not shown.endswith("p")
    assert "q" not in shown


def test_too_deeply_nested_json_is_masked() -> None:
    assert "hunter2" not in masked_text("[" * 60_000 + '{"password":"hunter2"')
    assert "hunter2" not in masked_text("[" * 3_000 + '{"password":"hunter2"}' + "]" * 3_000)
