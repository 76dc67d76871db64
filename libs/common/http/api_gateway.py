"""Events of API Gateway's HTTP APIs as ASGI requests.

Mangum's own adapter decodes the path a second time, raises on a `Host` or `X-Forwarded-Port` that it cannot parse, and
gives a response without a body a content type.
"""

import functools
from typing import override

from mangum.handlers import HTTPGateway
from mangum.types import LambdaConfig, LambdaContext, Response, Scope

HTTPS_PORT = 443


class HttpApiEvent(HTTPGateway):
    """An event of payload format 2.0.

    See https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
    """

    @classmethod
    @override
    def infer(cls, event: object, context: LambdaContext, config: LambdaConfig) -> bool:
        """Return True for such an event.

        Raises:
            ValueError: The event is another one. Mangum would try its other adapters, which trust the event.
        """
        if isinstance(event, dict) and event.get("version") == "2.0" and "http" in event.get("requestContext", ()):
            return True
        raise ValueError("The event is not a request of an HTTP API (payload format 2.0).")

    @functools.cached_property
    @override
    def scope(self) -> Scope:
        context = self.event["requestContext"]
        headers = {name.lower(): value for name, value in (self.event.get("headers") or {}).items()}
        if cookies := self.event.get("cookies"):
            headers["cookie"] = "; ".join(cookies)
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.0"},
            "http_version": "1.1",
            "method": context["http"]["method"],
            # API Gateway has decoded it.
            "path": context["http"]["path"] or "/",
            "raw_path": None,
            "root_path": "",
            "query_string": self.event.get("rawQueryString", "").encode(),
            "headers": [[name.encode(), value.encode()] for name, value in headers.items()],
            "scheme": "http" if headers.get("x-forwarded-proto") == "http" else "https",
            # The API's own name: that in `Host` is the caller's choice.
            "server": (context.get("domainName", "localhost"), HTTPS_PORT),
            "client": (context["http"].get("sourceIp"), 0),
            "aws.event": self.event,
            "aws.context": self.context,
        }

    @override
    def __call__(self, response: Response) -> dict[str, object]:
        result = super().__call__(response)
        if not any(name.lower() == b"content-type" for name, _ in response["headers"]):
            result["headers"].pop("content-type", None)
        return result
