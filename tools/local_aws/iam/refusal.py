"""The responses by which AWS rejects a call: codes, messages and formats per protocol.

Codes: https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html; the message of a denial:
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html.
"""

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal
from xml.sax.saxutils import escape

XML_CODES = {
    "AccessDeniedException": "AccessDenied",
    "ExpiredTokenException": "ExpiredToken",
    "MissingAuthenticationTokenException": "MissingAuthenticationToken",
    "UnrecognizedClientException": "InvalidClientTokenId",
}
REST_XML = {"cloudfront", "route53", "s3"}


@dataclass(frozen=True, slots=True)
class Refusal:
    """A rejected call: a code, named as in the JSON protocols, the message, and the status of other protocols."""

    code: str
    message: str
    status: Literal[400, 403] = 403

    def answer(self, service: str, *, targeted: bool, content_type: str) -> tuple[str, dict[str, str], bytes]:
        """Return status line, headers and body in the protocol of a request to `service`.

        Args:
            service: Its SigV4 signing name.
            targeted: Whether the request has an X-Amz-Target, so that the protocol is AWS JSON.
            content_type: The request's.
        """
        if targeted:
            kind = f"com.amazon.coral.service#{self.code}" if service == "dynamodb" else self.code
            body = json.dumps({"__type": kind, "Message": self.message})
            return "400 Bad Request", {"Content-Type": content_type, "x-amzn-ErrorType": kind}, body.encode()
        status = f"{self.status} {HTTPStatus(self.status).phrase}"
        if service in REST_XML or content_type.startswith("application/x-www-form-urlencoded"):
            code = XML_CODES.get(self.code, self.code)
            body = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{escape(self.message)}</Message></Error>"
            if service != "s3":
                body = f"<ErrorResponse>{body}</ErrorResponse>"
            return status, {"Content-Type": "text/xml"}, body.encode()
        body = json.dumps({"Message": self.message})
        return status, {"Content-Type": "application/json", "x-amzn-ErrorType": self.code}, body.encode()


UNSIGNED = Refusal("MissingAuthenticationTokenException", "Request is missing Authentication Token")
UNKNOWN_CALLER = Refusal("UnrecognizedClientException", "The security token included in the request is invalid.")
EXPIRED = Refusal("ExpiredTokenException", "The security token included in the request is expired")


def denied(caller: str, action: str, resource: str) -> Refusal:
    """Return the denial for a caller (ARN) whose policies do not allow the action on the resource."""
    what = f"{action} on resource: {resource}"
    because = f"because no identity-based policy allows the {action} action"
    return Refusal("AccessDeniedException", f"User: {caller} is not authorized to perform: {what} {because}")


def not_evaluated(caller: str, action: str, reason: str) -> Refusal:
    """Return the denial for a caller (ARN) if it is unknown whether AWS would allow the action."""
    return Refusal("AccessDeniedException", f"User: {caller} is not authorized to perform: {action} because {reason}")
