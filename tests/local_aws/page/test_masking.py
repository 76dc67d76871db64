import json
import time

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


@pytest.mark.parametrize(
    "name",
    [
        *("password", "PassWord", "pass%77ord", "%70assword", "%70%61%73%73%77%6f%72%64", "pass+word", "pass%00word"),
        *("current_password", "new-password", "user[password]", "access_token", "refresh_token", "id_token", "tokens"),
        *("x" * 200 + "password", "client_secret", "X-Amz-Signature", "X-Amz-Credential", "code;password", "jwt"),
    ],
)
def test_encoded_names_of_a_query_or_form_are_masked(name: str) -> None:
    for text in (f"{name}=hunter2", f"a=1&{name}=hunter2&b=2", f"a=1;{name}=hunter2", f"{name}=hunter2;hunter2"):
        assert "hunter2" not in masked_query(text)
        assert "hunter2" not in masked_text(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"password":"hunter2","password":"hunter2"}',
        '{"a":{"password":"hunter2"},"a":1}',
        '{"PASSWORD":"hunter2"}',
        '{"pass\\u0077ord":"hunter2"}',
        '{"current_password":"hunter2","new_password":["hunter2",{"x":"hunter2"}]}',
        '[[{"a":[{"client_secret":{"b":"hunter2"}}]}]]',
    ],
)
def test_json_with_repeated_escaped_or_nested_names_is_masked(text: str) -> None:
    shown = masked_text(text)
    assert "hunter2" not in shown
    json.loads(shown)


@pytest.mark.parametrize(
    "text",
    [
        '{"password":"hunter2"',
        '{"password":"hunter2",}',
        '{"password":"hunter2\\',
        '{"pass\\u0077ord":"hunter2',
        '{"password":["hunter2","hunter2"',
        '{"password":{"a":"hunter2"},',
        '{"a":{"password":"hunter2',
        '{"a":[1,{"b":{"PassWord" : "hunter2"},',
        '{"password":hunter2',
        '{"secret": hunter2 hunter2, "a": 1',
        "{'password': 'hunter2'}",
        "{password: 'hunter2'}",
        "password: hunter2\nuser: a",
        '\ufeff{"password":"hunter2"}',
        '{"a":NaN,"password":"x\\"hunter2"',
        '{"' + "x" * 200 + 'password":"hunter2"',
        '{"password"\n:\n"hunter2"',
        '{"password":"hunter2","password":"hunter2"',
    ],
)
def test_broken_json_is_masked_by_pattern(text: str) -> None:
    assert "hunter2" not in masked_text(text)


@pytest.mark.parametrize("cut", range(len('{"password":"hunter2","a":"b"}')))
def test_json_that_is_cut_anywhere_shows_no_secret(cut: int) -> None:
    shown = masked_text('{"password":"hunter2","a":"b"}'[:cut])
    assert "h" not in shown


def test_json_web_token_is_masked_under_any_name() -> None:
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl"
    assert masked_query(f"next={token}&a=1") == "next=[masked]&a=1"
    assert json.loads(masked_text(json.dumps({"x": [token], "a": 1}))) == {"x": ["[masked]"], "a": 1}
    assert masked_text(f"see {token}") == "see [masked]"
    assert masked_header("x-forwarded-auth", token) == "[masked]"


def test_secret_of_an_address_in_a_header_is_masked() -> None:
    assert masked_header("location", "/a?b=1&access_token=t") == "/a?b=1&access_token=[masked]"
    assert masked_header("Referer", "https://a.example/?pass%77ord=t") == "https://a.example/?pass%77ord=[masked]"


def test_hostile_text_is_masked_in_linear_time() -> None:
    for text in (
        '{"a":' * 20_000,
        '"' * 100_000,
        "a:[" * 30_000,
        '{"a":"' + "\\" * 100_001,
        "=;" * 50_000,
        " :" * 50_000,
    ):
        began = time.perf_counter()
        masked_text(text)
        assert time.perf_counter() - began < 5
