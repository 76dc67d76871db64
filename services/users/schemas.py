"""What the users API takes and gives."""

from typing import Annotated, Final, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, EmailStr, Field, StringConstraints

from users.domain import User

type Username = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")
]

# DynamoDB keeps 38 digits, but no id is larger than what JSON numbers carry exactly.
LARGEST_ID: Final = 2**53 - 1

type UserId = Annotated[int, Field(ge=1, le=LARGEST_ID)]


def _bare(value: object) -> object:
    """Refuse `Name <address>`, of which pydantic would silently keep only the address."""
    if isinstance(value, str) and "<" in value:
        raise ValueError("only the address, without a name")
    return value


type Email = Annotated[EmailStr, BeforeValidator(_bare)]


class UserCreate(BaseModel):
    """A user to register."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"email": "engineer@example.com", "username": "senior-engineer"}]},
    )

    email: Email
    username: Username
    is_active: bool = True


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
