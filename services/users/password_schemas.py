"""Passwords in requests."""

from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, Secret, StringConstraints

from users.passwords import LONGEST_PASSWORD, LONGEST_SENT, SHORTEST_PASSWORD

PASSWORD_FORMAT: Final[dict[str, Any]] = {"format": "password", "writeOnly": True}

# pydantic's SecretStr would accept lone surrogates, and its error would disclose the length of the password.
type NewPassword = Annotated[
    # `PasswordHashing.check_new` has the rules, which count the characters after normalising.
    Secret[Annotated[str, StringConstraints(max_length=LONGEST_SENT)]],
    Field(
        description="Passwords that are easy to guess are not accepted. Composed and decomposed letters are equal, and "
        "so are all kinds of spaces (RFC 8265, OpaqueString).",
        json_schema_extra={**PASSWORD_FORMAT, "minLength": SHORTEST_PASSWORD, "maxLength": LONGEST_PASSWORD},
    ),
]
type ShownPassword = Annotated[
    Secret[Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_SENT)]],
    Field(json_schema_extra=PASSWORD_FORMAT),
]


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
