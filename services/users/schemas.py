"""What the users API takes and gives."""

from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    EmailStr,
    Field,
    Secret,
    StringConstraints,
    model_validator,
)

from users.domain import User

type Username = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")
]

# DynamoDB keeps 38 digits, but no id is larger than what JSON numbers carry exactly.
LARGEST_ID: Final = 2**53 - 1
SHORTEST_PASSWORD: Final = 12
LONGEST_PASSWORD: Final = 256
PASSWORD_FORMAT: Final[dict[str, Any]] = {"format": "password", "writeOnly": True}

type UserId = Annotated[int, Field(ge=1, le=LARGEST_ID, examples=[1])]


def _bare(value: object) -> object:
    """Refuse `Name <address>`, of which pydantic would silently keep only the address."""
    if isinstance(value, str) and "<" in value:
        raise ValueError("send only the address, without a name")
    return value


type Email = Annotated[EmailStr, BeforeValidator(_bare)]

# pydantic's SecretStr would let lone surrogates through, and tell a caller how long the refused password was.
type NewPassword = Annotated[
    Secret[Annotated[str, StringConstraints(min_length=SHORTEST_PASSWORD, max_length=LONGEST_PASSWORD)]],
    Field(json_schema_extra=PASSWORD_FORMAT),
]
type ShownPassword = Annotated[
    Secret[Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_PASSWORD)]],
    Field(json_schema_extra=PASSWORD_FORMAT),
]


def _given(value: object) -> object:
    """Reject null, which would mean the same as leaving the field out."""
    if value is None:
        raise ValueError("null is not allowed: leave the field out to keep its value")
    return value


def _without_null(schema: dict[str, Any]) -> None:
    schema.pop("default")
    schema |= schema.pop("anyOf")[0]


class UserCreate(BaseModel):
    """A user to register."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "email": "engineer@example.com",
                    "username": "senior-engineer",
                    "password": "correct horse battery staple",
                },
                {"email": "engineer@example.com", "username": "senior-engineer"},
            ]
        },
    )

    email: Email
    username: Username
    is_active: bool = True
    password: Annotated[
        NewPassword | None,
        Field(description="Without one the user cannot log in before it gets one."),
    ] = None


class UserChange(BaseModel):
    """What is to be different about a user; what is left out stays as it is."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"username": "principal-engineer"}, {"email": "principal@example.com"}]},
    )

    email: Annotated[Email | None, BeforeValidator(_given), Field(json_schema_extra=_without_null)] = None
    username: Annotated[Username | None, BeforeValidator(_given), Field(json_schema_extra=_without_null)] = None

    @model_validator(mode="before")
    @classmethod
    def _something(cls, given: object) -> object:
        if isinstance(given, dict) and not given:
            raise ValueError("there is nothing to change: send an email or a username")
        return given


class UserOut(BaseModel):
    """A user as everyone may see it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"id": 1, "email": "cto@example.com", "username": "chief-tech"}]}
    )

    id: int
    email: str
    username: str

    @classmethod
    def of(cls, user: User) -> Self:
        """Return what of a user is shown."""
        return cls(id=user.id, email=user.email, username=user.username)


class AccountOut(BaseModel):
    """A user as itself and administrators see it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 1,
                    "email": "cto@example.com",
                    "username": "chief-tech",
                    "is_active": True,
                    "scopes": ["users:admin"],
                }
            ]
        }
    )

    id: int
    email: str
    username: str
    is_active: bool
    scopes: list[str]

    @classmethod
    def of(cls, user: User) -> Self:
        """Return what of a user is shown."""
        return cls(
            id=user.id,
            email=user.email,
            username=user.username,
            is_active=user.is_active,
            scopes=sorted(user.scopes),
        )


class PasswordChange(BaseModel):
    """A password to take the place of the present one."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"password": "correct horse battery staple", "current_password": "an older battery staple"},
                {"password": "correct horse battery staple"},
            ]
        },
    )

    password: NewPassword
    current_password: Annotated[
        ShownPassword | None,
        Field(description="Needed by users who change a password of their own; of administrators it is not asked."),
    ] = None


class TokenRequest(BaseModel):
    """The request for an access token by a password (RFC 6749 section 4.3.2); other parameters are ignored."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "grant_type": "password",
                    "username": "engineer@example.com",
                    "password": "correct horse battery staple",
                }
            ]
        }
    )

    grant_type: Literal["password"]
    username: Annotated[Email, Field(description="The user's e-mail address.")]
    password: ShownPassword
    scope: Annotated[
        str,
        Field(max_length=1000, description="Scopes, separated by spaces, to narrow the token down to; all if empty."),
    ] = ""


class TokenOut(BaseModel):
    """An access token (RFC 6749 section 5.1)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "access_token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
                    "token_type": "bearer",
                    "expires_in": 900,
                    "scope": "users:admin",
                }
            ]
        }
    )

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - the kind of token
    expires_in: Annotated[int, Field(description="For how many seconds the token is valid.")]
    scope: Annotated[str, Field(description="What the token allows beyond what every user may.")]
