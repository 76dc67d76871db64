import json

import pytest

from local_aws.page.masking import masked_header, masked_text, masked_value


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("authorization", "Bearer eyJhbGciOi", "Bearer [masked]"),
        ("authorization", "hunter2 x", "[masked]"),
        ("authorization", "hunter2\tx y", "[masked]"),
        ("x-forwarded-authorization", "Bearer hunter2", "[masked]"),
        ("Authorization", "opaque", "[masked]"),
        ("proxy-authorization", "Basic dTpw", "Basic [masked]"),
        ("x-api-key", "k-1", "[masked]"),
        ("X-User-Pass", "k-1", "[masked]"),
        ("X-Auth", "k-1", "[masked]"),
        ("Idempotency-Key", "k-1", "[masked]"),
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
    assert masked_text(query) == "q=a%20b&access_token=[masked]&password=[masked]&page=2"
    assert masked_text("author=token") == "author=token"


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
        *("pass", "new_pass", "user_pass", "pass2", "pwd", "new-pwd1", "pw", "pin", "pin_code", "otp", "otp_code"),
        *("auth", "x_auth", "bearer", "my-jwt", "idempotency_key", "pass%u0077ord", "pass%25u0077ord"),
    ],
)
def test_encoded_names_of_a_query_or_form_are_masked(name: str) -> None:
    for text in (f"{name}=hunter2", f"a=1&{name}=hunter2&b=2", f"a=1;{name}=hunter2", f"{name}=hunter2;hunter2"):
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
    assert masked_text(f"next={token}&a=1") == "next=[masked]&a=1"
    assert json.loads(masked_text(json.dumps({"x": [token], "a": 1}))) == {"x": ["[masked]"], "a": 1}
    assert masked_text(f"see {token}") == "see [masked]"
    assert masked_header("x-forwarded-auth", token) == "[masked]"


def test_secret_of_an_address_in_a_header_is_masked() -> None:
    assert masked_header("location", "/a?b=1&access_token=t") == "/a?b=1&access_token=[masked]"
    assert masked_header("Referer", "https://a.example/?pass%77ord=t") == "https://a.example/?pass%77ord=[masked]"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("location", "/x#access_token=hunter2"),
        ("referer", "https://x.example/a;password=hunter2?b=1"),
        ("referer", "https://user:hunter2@x.example/"),
        ("referer", "https://user:a@hunter2@x.example/"),
        ("referer", "https://user:a/hunter2@x.example/"),
        ("referer", "https://user:a?hunter2@x.example/"),
        ("referer", "https://user:1x/#hunter2@x.example/"),
        ("referer", "https%3A%2F%2Fuser%3Aa%2Fhunter2%40x.example"),
        ("referer", "https://user:hunter2"),
        ("link", "</x?token=hunter2>; rel=next"),
        ("x-forwarded-uri", "/?password=hunter2"),
        ("x-original-url", "/?a=1&pass%2577ord=hunter2"),
        ("user-agent", '{"password":"hunter2"}'),
        ("x-note", "Bearer hunter2hunter2"),
        ("x-note", "bearer\thunter2hunter2"),
        ("x-note", "Bearer  hunter2hunter2"),
        ("x-note", "Bearer%20%09hunter2hunter2"),
        ("x-note", "a=Bearer+hunter2hunter2"),
    ],
)
def test_secret_within_any_header_is_masked(name: str, value: str) -> None:
    assert "hunter2" not in masked_header(name, value)


def test_other_headers_are_unchanged() -> None:
    for name, value in (
        ("user-agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)"),
        ("www-authenticate", 'Bearer error="invalid_request", realm="api"'),
        ("content-type", "multipart/form-data; boundary=x"),
        ("referer", "https://x.example:8000/a?q=a%20b&page=2#top"),
        ("referer", "http://127.0.0.1:8000/a?email=a@x.example"),
        ("referer", "http://[::1]:8000/a?email=a@x.example"),
        ("origin", "http://127.0.0.1:8000"),
        ("content-security-policy", "connect-src http://localhost:* https://x.example:8443; img-src data:"),
        ("x-amzn-trace-id", "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1"),
        ("access-control-allow-headers", "authorization,content-type"),
        ("etag", 'W/"1"'),
    ):
        assert masked_header(name, value) == value


@pytest.mark.parametrize(
    "text",
    [
        "pass%2577ord=hunter2",
        "pass%252577ord=hunter2",
        "a%3D1%26password%3Da%2526hunter2",
        "a=1%26password=hunter2",
        "passwor%64%3dhunter2",
        "token%5B0%5D=hunter2",
        "token[]=hunter2",
        "tokens.a=hunter2",
        "pass&#119;ord=hunter2",
        "next=%2Fx%3Faccess_token%3Dhunter2",
        "data=%7B%22password%22%3A%22hunter2%22%7D",
        "/orders;password=hunter2",
        "/orders/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.hunter2",
        "/orders/eyJhbGciOiJkaXIifQ..aXY.hunter2.dGFn",
        "/orders/%65yJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.hunter2",
        "x_eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.hunter2",
        "{password=hunter2}",
        '{"password"="hunter2"}',
        '{"password" "hunter2"}',
        '{"password":"x" "hunter2"}',
        '{"password":a with, hunter2}',
        '{"password": a}hunter2}',
        '["password","hunter2"',
        "{`password`:`hunter2`}",
        "session=hunter2",
        '{"pass\\x77ord":"hunter2",}',
        '{"pass\\u{77}ord":"hunter2",}',
        '{"pass\\u{000077}ord":"hunter2",}',
        '{"pass\\U00000077ord":"hunter2",}',
        '{"pass\\167ord":"hunter2",}',
        "pass%u0077ord=hunter2",
        '{"pass%u0077ord":"hunter2"}',
        '{"a":"{\\"password\\":\\"hunter2\\"}"',
        '{"a":"{\\"b\\":\\"{\\\\\\"password\\\\\\":\\\\\\"hunter2\\\\\\"}\\"}"',
        "password: |\n  hunter2",
        "password => hunter2",
        "<password>hunter2</password>",
        '<a password="a&hunter2"/>',
        '{"n":' + "9" * 5_000 + ',"password":"hunter2"}',
        "p\0a\0s\0s\0w\0o\0r\0d\0:\0hunter2",
        "\uff50\uff41\uff53\uff53\uff57\uff4f\uff52\uff44=hunter2",
        "%25" * 5 + "2525252525=hunter2",
    ],
)
def test_encoded_or_malformed_secret_is_masked(text: str) -> None:
    assert "hunter2" not in masked_text(text)


def test_what_is_encoded_too_often_is_masked_whole() -> None:
    text = "password=hunter2"
    for _ in range(20):
        text = text.replace("%", "%25").replace("w", "%77").replace("=", "%3D")
    assert masked_text(text) == "[masked]"


@pytest.mark.parametrize(
    "value",
    [
        {"data": json.dumps({"password": "hunter2"})},
        {"data": json.dumps({"data": json.dumps([{"password": "hunter2"}])})},
        {"data": "password=hunter2"},
        {"a": [{"name": "password", "value": "hunter2"}]},
        {"key": "access_token", "values": ["hunter2"]},
        [["password", "hunter2"]],
        {"password=hunter2": 1},
        {"password": {"a": "hunter2"}},
        "password=hunter2",
    ],
)
def test_secret_within_a_value_of_json_is_masked(value: object) -> None:
    shown = masked_text(json.dumps(value))
    json.loads(shown)
    assert "hunter2" not in shown
    assert "hunter2" not in json.dumps(masked_value(value))


@pytest.mark.parametrize(
    "header",
    [
        'Content-Disposition: form-data; name="password"',
        "Content-Disposition: form-data; name=password",
        "Content-Disposition: form-data; name = password",
        'content-disposition:form-data;NAME="password"',
        "Content-Disposition: form-data; name*=UTF-8''pass%77ord",
        'Content-Disposition: form-data; name="pass\\word"',
        'Content-Disposition: form-data;\n name="password"',
        "Content-Disposition: form-data; name=pwd; x=y",
        'Content-Type: text/plain\nContent-Disposition: form-data; name="password"',
        'Content-Disposition: form-data; name="password"\n' + "\n".join(f"X-{number}: y" for number in range(20)),
    ],
)
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize(
    "value", ["hunter2", "a\n--hunter2", "a\n--bhunter2", "a\n\nhunter2", "a\nContent-Disposition: a\n\nhunter2"]
)
@pytest.mark.parametrize("rest", ["", "\n--b--", '\n--b\nContent-Disposition: form-data; name="q"\n\nshown\n--b--\n'])
def test_secret_part_of_any_multipart_form_is_masked(header: str, end: str, value: str, rest: str) -> None:
    shown = masked_text(f"--b\n{header}\n\n{value}{rest}".replace("\n", end))
    assert "hunter2" not in shown
    assert ("shown" in shown) == ("shown" in rest)


@pytest.mark.parametrize("head", ["", "Content-Type: text/plain\n", "Content-Type: text/plain\n\n"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize(
    "value", ["hunter2", "hunter2\n\nhunter2", " hunter2", "hunter2: hunter2", "a\nhunter2: a\n\nb"]
)
@pytest.mark.parametrize("rest", ["", "\n--b--", '\n--b\nContent-Disposition: form-data; name="q"\n\nshown\n--b--\n'])
def test_secret_part_without_a_blank_line_is_masked(head: str, end: str, value: str, rest: str) -> None:
    text = f'--b\nContent-Disposition: form-data; name="password"\n{head}{value}{rest}'
    shown = masked_text(text.replace("\n", end))
    assert "hunter2" not in shown
    assert ("shown" in shown) == ("shown" in rest)


def test_name_of_a_part_in_pieces_is_masked() -> None:
    text = '--b\r\nContent-Disposition: form-data; name*0="pass"; name*1*=word\r\n\r\nhunter2\r\n--b--'
    assert "hunter2" not in masked_text(text)
