"""Requests and responses of the users API."""

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
from users.passwords import LONGEST_PASSWORD, SHORTEST_PASSWORD

type Username = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")
]

# The largest integer that JSON numbers represent exactly; DynamoDB stores 38 digits.
LARGEST_ID: Final = 2**53 - 1
PASSWORD_FORMAT: Final[dict[str, Any]] = {"format": "password", "writeOnly": True}

type UserId = Annotated[int, Field(ge=1, le=LARGEST_ID, examples=[1])]


def _bare(value: object) -> object:
    """Reject `Name <address>`, of which pydantic would silently keep only the address."""
    if isinstance(value, str) and "<" in value:
        raise ValueError("send only the address, without a name")
    return value


type Email = Annotated[EmailStr, BeforeValidator(_bare)]

# pydantic's SecretStr would accept lone surrogates, and its error would disclose the length of the password.
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
        Field(description="Without a password the user cannot log in until one is set."),
    ] = None


class UserChange(BaseModel):
    """The fields of a user to change; a field that is left out keeps its value."""

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
    """The public fields of a user."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"id": 1, "email": "cto@example.com", "username": "chief-tech"}]}
    )

    id: int
    email: str
    username: str

    @classmethod
    def of(cls, user: User) -> Self:
        """Return the shown fields of a user."""
        return cls(id=user.id, email=user.email, username=user.username)


class AccountOut(BaseModel):
    """The fields of a user for the user and for administrators."""

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
        """Return the shown fields of a user."""
        return cls(
            id=user.id,
            email=user.email,
            username=user.username,
            is_active=user.is_active,
            scopes=sorted(user.scopes),
        )


class PasswordChange(BaseModel):
    """A new password."""

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
        Field(description="Required to change your own password; ignored for administrators who set another user's."),
    ] = None


class TokenRequest(BaseModel):
    """A request for an access token by password (RFC 6749 section 4.3.2); other parameters are ignored."""

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
        Field(
            max_length=1000, description="The requested scopes, separated by spaces; all scopes of the user if empty."
        ),
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
    expires_in: Annotated[int, Field(description="Seconds until the token expires.")]
    scope: Annotated[str, Field(description="The scopes of the token, separated by spaces.")]
