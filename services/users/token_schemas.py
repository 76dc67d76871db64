"""Requests and responses of the token endpoint."""

from operator import not_
from typing import Annotated, Final, Literal
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict, Field, model_validator

from users.password_schemas import ShownPassword
from users.schemas import Email

# The syntax of RFC 6749 section 3.3, with spaces anywhere.
SCOPES: Final = r"^[ !#-\[\]-~]*$"
MOST_PARAMETERS: Final = 100


class TokenRequest(BaseModel):
    """A request for an access token by password (RFC 6749 section 4.3.2), as a form; other parameters are ignored."""

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
            max_length=1000,
            pattern=SCOPES,
            description="The requested scopes, separated by spaces; all scopes of the user if empty.",
        ),
    ] = ""

    @model_validator(mode="before")
    @classmethod
    def _of_form(cls, body: bytes) -> dict[str, str]:
        """Read the form; a parameter without a value counts as left out (RFC 6749 section 3.2)."""
        try:
            # Unlike the parser of Starlette, this one reads UTF-8 that is not percent-encoded, which curl sends.
            sent = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MOST_PARAMETERS)
        except ValueError:
            raise ValueError(f"The body is not a form in UTF-8 with at most {MOST_PARAMETERS} parameters.") from None
        given = dict(sent)
        if len(given) < len(sent):
            raise ValueError("A parameter is sent more than once: send each of them once.")
        return {name: value for name, value in given.items() if value}


class TokenOut(BaseModel):
    """An access token (RFC 6749 section 5.1)."""

    model_config = ConfigDict(
        json_schema_serialization_defaults_required=True,
        json_schema_extra={
            "examples": [
                {
                    "access_token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
                    "token_type": "bearer",
                    "expires_in": 900,
                    "scope": "users:admin",
                }
            ]
        },
    )

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - the kind of token
    expires_in: Annotated[int, Field(description="Seconds until the token expires.")]
    # OAuth has no empty list of scopes (RFC 6749 section 3.3), and clients take one for a change of the scopes.
    scope: Annotated[
        str,
        Field(exclude_if=not_, description="The scopes of the token, separated by spaces; left out if it has none."),
    ]
