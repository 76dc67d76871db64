"""The applied deployment, as immutable values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

DEFAULT_STAGE = "$default"
# The account's quotas: https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
ACCOUNT_RATE = 10_000.0
ACCOUNT_BURST = 5_000


type InitializationType = Literal["on-demand", "provisioned-concurrency", "snap-start"]
"""How an environment starts: AWS_LAMBDA_INITIALIZATION_TYPE of lambda/latest/dg/configuration-envvars.html."""


class DeploymentError(Exception):
    """The applied stack cannot be served; the message says why and what is needed."""


@dataclass(frozen=True, slots=True)
class Archive:
    """A deployed zip: its SHA-256 (hex) identifies it, and the control plane serves it at its location."""

    sha256: str
    location: str = field(compare=False)


@dataclass(frozen=True, slots=True)
class Image:
    """A deployed image: the SHA-256 (hex) of its files identifies it, and they are in its folder."""

    sha256: str
    folder: Path = field(compare=False)


@dataclass(frozen=True, slots=True)
class Logging:
    """A function's `logging_config` (https://docs.aws.amazon.com/lambda/latest/api/API_LoggingConfig.html)."""

    group: str
    format: Literal["Text", "JSON"] = "Text"
    application_level: str = "INFO"
    system_level: str = "INFO"


@dataclass(frozen=True, slots=True)
class Function:
    """One published version of a function, as its alias names it; `timeout` in seconds, sizes in MB.

    A function of an image has no layers.

    Attributes:
        snap_start: Whether its environments start from a snapshot.
        provisioned_concurrency: How many environments are initialised in advance.
    """

    name: str
    version: str
    arn: str
    role: str
    runtime: str
    handler: str
    timeout: int
    memory: int
    code: Archive | Image
    layers: tuple[Archive, ...]
    logging: Logging
    variables: Mapping[str, str] = field(default_factory=dict)
    active_tracing: bool = True
    ephemeral_storage: int = 512
    reserved_concurrency: int | None = None
    snap_start: bool = False
    provisioned_concurrency: int = 0

    @property
    def region(self) -> str:
        """The region that the function's ARN names."""
        return self.arn.split(":")[3]

    @property
    def account(self) -> str:
        """The account that the function's ARN names."""
        return self.arn.split(":")[4]


@dataclass(frozen=True, slots=True)
class Shift:
    """Another version that an alias invokes, with its share of the invocations (0 to 1).

    https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html.
    """

    function: Function
    weight: float


@dataclass(frozen=True, slots=True)
class Throttle:
    """The sustained rate in requests per second, and the size of a burst."""

    rate: float = ACCOUNT_RATE
    burst: int = ACCOUNT_BURST


@dataclass(frozen=True, slots=True)
class Cors:
    """A CORS configuration; `max_age` in seconds.

    Fields: https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid.html.
    """

    allow_origins: tuple[str, ...] = ()
    allow_methods: tuple[str, ...] = ()
    allow_headers: tuple[str, ...] = ()
    expose_headers: tuple[str, ...] = ()
    allow_credentials: bool = False
    max_age: int | None = None


@dataclass(frozen=True, slots=True)
class Authorizer:
    """A JWT authorizer.

    Attributes:
        issuer: The `iss` of accepted tokens, below which their keys are published.
        audience: The values of which one must be the token's `aud`, or else `client_id`.
        header: The header with the token, in lower case.
    """

    issuer: str
    audience: tuple[str, ...]
    header: str = "authorization"


@dataclass(frozen=True, slots=True)
class Route:
    """A route key (`ANY /people/{proxy+}` or `$default`), and its function.

    Attributes:
        authorizer: Verifies the token of each request, if there is one.
        scopes: The scopes of which the token must have one, if there are any.
        timeout: How long the function may take, in seconds.
        permitted: Whether the function's resource policy lets the API call it for this route.
    """

    key: str
    function_arn: str
    timeout: float = 30.0
    throttle: Throttle = field(default_factory=Throttle)
    permitted: bool = True
    authorizer: Authorizer | None = None
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Api:
    """The HTTP API and its stage; without `cors` it leaves cross-origin requests to its functions.

    Attributes:
        domains: The custom domains that are mapped to it.
        default_endpoint: Whether it also responds to requests with any other `Host`.
    """

    id: str
    stage: str = DEFAULT_STAGE
    stage_variables: Mapping[str, str] = field(default_factory=dict)
    access_log_group: str | None = None
    access_log_format: str | None = None
    cors: Cors | None = None
    domains: frozenset[str] = frozenset()
    default_endpoint: bool = True


@dataclass(frozen=True, slots=True)
class Deployment:
    """An API, its routes, and their functions by ARN; `shifts` has the second version of an alias that has one."""

    api: Api
    routes: tuple[Route, ...]
    functions: Mapping[str, Function]
    shifts: Mapping[str, Shift] = field(default_factory=dict)

    @property
    def account(self) -> str:
        """The account that the API and its functions are in."""
        return next(iter(self.functions.values())).account
