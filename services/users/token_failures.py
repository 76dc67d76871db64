"""Failures of the token endpoint, with the errors of OAuth 2.0."""

from collections.abc import Mapping

from common.failures import Malformed


class TokenRequestRejected(Malformed):
    """A request for a token failed; the members are those that clients of OAuth expect (RFC 6749 section 5.2)."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.members = {**self.members, "error_description": detail}


class InvalidCredentials(TokenRequestRejected):
    """Address and password are not those of an active user; the response does not say which of them is wrong."""

    code = "invalid-credentials"
    title = "The e-mail address or the password is wrong"
    members: Mapping[str, str] = {"error": "invalid_grant"}

    def __init__(self) -> None:
        super().__init__("No active user has this e-mail address and this password.")


class InvalidTokenRequest(TokenRequestRejected):
    """The form lacks a parameter, repeats one, or cannot be read."""

    code = "invalid-token-request"
    title = "The token request is not valid"
    members: Mapping[str, str] = {"error": "invalid_request"}


class UnsupportedGrantType(TokenRequestRejected):
    """The form requests a grant that is not by password."""

    code = "unsupported-grant-type"
    title = "The grant type is not supported"
    members: Mapping[str, str] = {"error": "unsupported_grant_type"}


class InvalidScope(TokenRequestRejected):
    """The requested scopes are not a list of scopes, or the user has none of them."""

    code = "invalid-scope"
    title = "The requested scope is not valid"
    members: Mapping[str, str] = {"error": "invalid_scope"}


def waiting(detail: str) -> Mapping[str, str]:
    """Return the members of a failure after which the client has to wait; other operations have it without them.

    Without `error`, libraries report a missing token, or take the problem for a token. OAuth defines no error of the
    token endpoint for this; RFC 6749 section 4.1.2.1 defines this one for redirects, and libraries know it.
    """
    return {"error": "temporarily_unavailable", "error_description": detail}
