"""The responses by which AWS denies a call: codes, messages and formats per protocol.

Codes: https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html; the message of a denial:
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html.
"""

import json
from dataclasses import dataclass
from xml.sax.saxutils import escape

from local_aws.iam.access import Grant

XML_CODES = {
    "AccessDeniedException": "AccessDenied",
    "ExpiredTokenException": "ExpiredToken",
    "MissingAuthenticationTokenException": "MissingAuthenticationToken",
    "UnrecognizedClientException": "InvalidClientTokenId",
}
REST_XML = {"cloudfront", "route53", "s3"}


@dataclass(frozen=True, slots=True)
class Refusal:
    """A denied call: a code, named as in the JSON protocols, and the message."""

    code: str
    message: str

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
        if service in REST_XML or content_type.startswith("application/x-www-form-urlencoded"):
            body = (
                f"<ErrorResponse><Error><Type>Sender</Type><Code>{XML_CODES[self.code]}</Code>"
                f"<Message>{escape(self.message)}</Message></Error></ErrorResponse>"
            )
            return "403 Forbidden", {"Content-Type": "text/xml"}, body.encode()
        body = json.dumps({"Message": self.message})
        return "403 Forbidden", {"Content-Type": "application/json", "x-amzn-ErrorType": self.code}, body.encode()


UNSIGNED = Refusal("MissingAuthenticationTokenException", "Request is missing Authentication Token")
UNKNOWN_CALLER = Refusal("UnrecognizedClientException", "The security token included in the request is invalid.")
EXPIRED = Refusal("ExpiredTokenException", "The security token included in the request is expired")


def denied(caller: str, grant: Grant) -> Refusal:
    """Return the denial for a caller (ARN) without this grant."""
    what = f"{grant.action} on resource: {grant.resource}"
    because = f"because no identity-based policy allows the {grant.action} action"
    return Refusal("AccessDeniedException", f"User: {caller} is not authorized to perform: {what} {because}")


def not_evaluated(caller: str, action: str, reason: str) -> Refusal:
    """Return the denial for a caller (ARN) if it is unknown whether AWS would allow the action."""
    return Refusal("AccessDeniedException", f"User: {caller} is not authorized to perform: {action} because {reason}")
