"""Typed, immutable settings that are read from the environment once."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, FilePath, Json, ValidationError

from common.dynamodb.shards import Shards


class SettingsError(RuntimeError):
    """A variable is missing or unusable; the message names it and never shows its value."""


class Settings(BaseModel):
    """Base of every settings class: field `table_name` is the variable `TABLE_NAME`."""

    model_config = ConfigDict(alias_generator=str.upper, extra="ignore", frozen=True)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read every field from `environment`.

        Raises:
            SettingsError: A variable is missing or unusable; the message names each of them in one line.
        """
        try:
            return cls.model_validate(dict(environment))
        except ValidationError as error:
            found = error.errors(include_url=False, include_context=False, include_input=False)
            reasons = "; ".join(f"{reason['loc'][0]}: {reason['msg']}" for reason in found)
            raise SettingsError(f"{cls.__module__}.{cls.__name__}: {reasons}") from None


class FunctionSettings(Settings):
    """The settings that every function has; Terraform sets all of them.

    Attributes:
        services: The address of each service, for the documentation; set for the default service only.
        tracing: The library that records traces: OpenTelemetry's API, or Powertools' Tracer with the X-Ray SDK.
        hsts_seconds: For how long browsers shall use HTTPS only (RFC 6797); 0: they are not told so.
        aws_ca_bundle: The certificates by which the AWS clients recognise AWS; None: those that botocore has.
        aws_lambda_initialization_type: How Lambda starts the process: `on-demand`, `provisioned-concurrency`,
            `snap-start` and so on; Lambda sets it.
    """

    environment: str
    powertools_service_name: str
    powertools_metrics_namespace: str
    services: Json[dict[str, str]] | None = None
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]
    tracing: Literal["otel", "powertools", "off"] = "otel"
    hsts_seconds: Annotated[int, Field(ge=0)] = 0
    aws_ca_bundle: FilePath | None = None
    aws_lambda_initialization_type: str = "on-demand"


class SecretSettings(Settings):
    """The secret with the keys that sign tokens; None: the service neither issues nor verifies tokens."""

    jwt_secret_id: str | None = None


def _checked(given: dict[Literal["written", "read"], int]) -> dict[Literal["written", "read"], int]:
    Shards(**given)
    return given


class ListSettings(Settings):
    """Over how many index keys each list is spread: `written` and `read` of `Shards`."""

    list_shards: Annotated[Json[dict[Literal["written", "read"], int]], AfterValidator(_checked)] = {}

    @property
    def shards(self) -> Shards:
        """The numbers; one key where the variable is not set."""
        return Shards(**self.list_shards)
