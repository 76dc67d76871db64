"""Requests and responses of the users API."""

import re
from typing import Annotated, Final, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, validate_email
from pydantic_core import PydanticCustomError

from common.http.changes import LEFT_OUT, Change
from common.numbers import Digits
from common.text import Line
from users.addresses import email_key
from users.domain import User
from users.password_schemas import NewPassword

type Username = Annotated[str, Line(64)]

# The largest integer that JSON numbers represent exactly; DynamoDB stores 38 digits.
LARGEST_ID: Final = 2**53 - 1

type UserId = Annotated[
    int, Digits(1, LARGEST_ID), Field(description="The id in the response to the registration.", examples=[1])
]


# RFC 5321, section 4.5.3.1.3, without the angle brackets of a path.
LONGEST_EMAIL: Final = 254
# Names that are never in the public DNS (RFC 6761 and others), which email-validator rejects.
SPECIAL_USE: Final = ("arpa", "invalid", "local", "localhost", "onion", "test")
_ANY_CASE: Final = "|".join("".join(f"[{letter}{letter.upper()}]" for letter in name) for name in SPECIAL_USE)
# DynamoDB allows 2,048 bytes for the key of an item. The comparison of addresses makes 33 bytes of some characters.
LONGEST_KEY: Final = 1000
EMAIL_PATTERN: Final = rf"^[^@<]+@(?:[^@.]+\.)+(?!(?:{_ANY_CASE})$)[^@.]*[^@.0-9-]$"


def _address(text: str) -> str:
    """Return the address as it is stored: composed (NFC), with the domain in lower case.

    Raises:
        ValueError: The text is not an address, or has a name beside it, which pydantic would silently drop.
    """
    if "<" in text:
        raise ValueError("The e-mail address is not valid: send only the address, without a name.")
    try:
        address = validate_email(text)[1]
        again = validate_email(address)[1]
    except PydanticCustomError as error:
        # What follows in the library's reason repeats parts of the address.
        reason = re.split(r"[(:]", (error.context or {})["reason"])[0].strip().rstrip(".")
        raise ValueError(f"The e-mail address is not valid. {reason}.") from None
    if again != address or len(address) > LONGEST_EMAIL:
        raise ValueError("The e-mail address is not valid: its normalised form is another address.")
    if len(email_key(address).encode()) > LONGEST_KEY:
        raise ValueError("The e-mail address is not valid: its compatibility characters stand for too many letters.")
    return address


type Email = Annotated[
    str,
    Field(
        max_length=LONGEST_EMAIL,
        description="Without a name beside it. Neither letter case nor letters that look alike distinguish addresses.",
        json_schema_extra={"format": "email", "pattern": EMAIL_PATTERN},
    ),
    AfterValidator(_address),
]


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
    is_active: Annotated[
        StrictBool, Field(description="Whether the user may log in; only an administrator may send false.")
    ] = True
    password: Annotated[
        NewPassword | None,
        Field(description="Without a password the user cannot log in until one is set."),
    ] = None


class ProfileCreate(BaseModel):
    """The caller's profile to create."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"email": "engineer@example.com", "username": "senior-engineer"}]},
    )

    email: Email
    username: Username


class UserChange(Change):
    """The fields of a user to change; a field that is left out keeps its value."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"username": "principal-engineer"}, {"email": "principal@example.com"}, {"is_active": False}]
        }
    )

    email: Email = LEFT_OUT
    username: Username = LEFT_OUT
    is_active: Annotated[
        StrictBool, Field(description="Whether the user may log in; only an administrator may send true.")
    ] = LEFT_OUT


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
