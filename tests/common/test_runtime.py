"""What a function makes in INIT."""

from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from common import aws_clients, runtime
from common.auth.keys import SecretUnavailable
from common.http.application import create_app
from common.runtime import Runtime, runtime_of
from common.settings import FunctionSettings, SettingsError


@pytest.mark.parametrize("missing", ["JWT_ISSUER", "JWT_AUDIENCE"])
def test_missing_setting_is_named(function_environment: dict[str, str], missing: str) -> None:
    del function_environment[missing]
    with pytest.raises(SettingsError, match=missing):
        Runtime.of(function_environment)


def test_started_application_has_its_runtime_and_adapters(function_environment: dict[str, str]) -> None:
    app = create_app("things", description="Things.", routers=[])
    given: list[Runtime] = []

    def connect(made: Runtime) -> str:
        given.append(made)
        return "adapters"

    settings = FunctionSettings.from_environment(function_environment)
    assert runtime.start(app, settings, function_environment, connect) == "adapters"
    assert given == [runtime_of(app)]
    assert app.state.adapters == "adapters"
    function_environment["JWT_SECRET_ID"] = "changed later"
    assert runtime_of(app).environment["JWT_SECRET_ID"] == "jwt"


def test_runtime_does_not_show_the_environment(function_environment: dict[str, str]) -> None:
    shown = repr(Runtime.of(function_environment | {"AWS_SESSION_TOKEN": "hunter2"}))
    assert "hunter2" not in shown


def test_function_without_the_secret_has_no_keys(function_environment: dict[str, str]) -> None:
    del function_environment["JWT_SECRET_ID"]
    keys = Runtime.of(function_environment).keys
    with pytest.raises(SecretUnavailable, match="has no keys"):
        keys.current()
    with pytest.raises(SecretUnavailable, match="has no keys"):
        keys.find("any")


def test_clients_follow_the_endpoint_of_the_environment_and_are_silent_until_used(
    function_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    urls: list[str] = []
    aws_clients.session.cache_clear()

    def note(**called: Any) -> None:
        urls.append(called["request"].url)
        raise EndpointConnectionError(endpoint_url=urls[-1])

    aws_clients.session().register("before-send", note)
    try:
        made = Runtime.of(function_environment)
        assert urls == []
        with pytest.raises(SecretUnavailable):
            made.keys.current()
        with pytest.raises(EndpointConnectionError):
            made.dynamodb.list_tables()
    finally:
        aws_clients.session.cache_clear()
    assert set(urls) == {"http://127.0.0.1:1/"}
