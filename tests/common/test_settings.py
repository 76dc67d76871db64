import pytest
from pydantic import ValidationError

from common.settings import FunctionSettings, Settings, SettingsError


class Example(Settings):
    table_name: str
    page_size: int = 20


def test_field_is_read_from_the_variable_of_the_same_name() -> None:
    assert Example.from_environment({"TABLE_NAME": "t", "PAGE_SIZE": "5", "OTHER": "x"}) == Example(
        TABLE_NAME="t", PAGE_SIZE=5
    )


def test_settings_are_immutable() -> None:
    settings = Example.from_environment({"TABLE_NAME": "t"})
    with pytest.raises(ValidationError):
        settings.table_name = "other"  # type: ignore[misc]


def test_missing_and_invalid_settings_are_named_without_values() -> None:
    with pytest.raises(SettingsError) as raised:
        Example.from_environment({"PAGE_SIZE": "a secret"})
    message = str(raised.value)
    assert "TABLE_NAME: Field required" in message
    assert "PAGE_SIZE: Input should be a valid integer" in message
    assert "a secret" not in message
    assert "\n" not in message


@pytest.mark.parametrize("path", ["/opt/nowhere.pem", "/opt"])
def test_certificates_that_are_no_file_are_reported_in_init(path: str) -> None:
    """Otherwise every call of AWS would fail."""
    environment = {
        "ENVIRONMENT": "dev",
        "POWERTOOLS_SERVICE_NAME": "orders",
        "POWERTOOLS_METRICS_NAMESPACE": "Things/test",
        "LOG_LEVEL": "INFO",
        "AWS_CA_BUNDLE": path,
    }
    with pytest.raises(SettingsError, match="AWS_CA_BUNDLE: Path does not point to a file"):
        FunctionSettings.from_environment(environment)


def test_services_setting_is_an_optional_json_object() -> None:
    environment = {
        "ENVIRONMENT": "dev",
        "POWERTOOLS_SERVICE_NAME": "orders",
        "POWERTOOLS_METRICS_NAMESPACE": "Things/test",
        "LOG_LEVEL": "INFO",
    }
    settings = FunctionSettings.from_environment(environment | {"SERVICES": '{"orders": "/api/v1/orders"}'})
    assert settings.services == {"orders": "/api/v1/orders"}
    assert FunctionSettings.from_environment(environment).services is None
    with pytest.raises(SettingsError, match="SERVICES"):
        FunctionSettings.from_environment(environment | {"SERVICES": "orders"})
