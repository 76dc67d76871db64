"""Schemas, headers and tags that the OpenAPI document of every service has."""

from typing import Any, Final

SCHEMAS: Final[dict[str, dict[str, Any]]] = {
    "Problem": {
        "title": "Problem",
        "description": "Problem details as RFC 9457 defines them.",
        "type": "object",
        "required": ["type", "title", "status", "request_id"],
        "properties": {
            "type": {
                "type": "string",
                "format": "uri",
                "description": "Identifies the kind of problem and never changes.",
            },
            "title": {"type": "string", "description": "The kind of problem in words."},
            "status": {"type": "integer", "description": "The HTTP status of this response."},
            "detail": {"type": "string", "description": "What went wrong this time."},
            "request_id": {
                "type": "string",
                "description": "The id of this request in the logs; quote it when reporting a problem.",
            },
            "error": {
                "type": "string",
                "description": "The error code of OAuth 2.0 (RFC 6749), if the path issues tokens.",
            },
            "error_description": {"type": "string", "description": "The same as `detail`, for clients of OAuth 2.0."},
            "errors": {
                "type": "array",
                "description": "Each part of the request that is wrong.",
                "items": {
                    "type": "object",
                    "required": ["detail"],
                    "properties": {
                        "detail": {"type": "string"},
                        "pointer": {"type": "string", "description": "JSON pointer (RFC 6901) into the body."},
                        "parameter": {"type": "string", "description": "Name of a path, query or header parameter."},
                    },
                },
            },
        },
    },
    "GatewayMessage": {
        "title": "GatewayMessage",
        "description": "An error of API Gateway, which the function did not see or did not respond to in time.",
        "type": "object",
        "required": ["message"],
        "properties": {"message": {"type": "string", "description": "The error in a few words."}},
    },
}
GATEWAY_MESSAGE: Final = {"$ref": "#/components/schemas/GatewayMessage"}

HEADERS: Final[dict[str, dict[str, Any]]] = {
    "X-Request-Id": {
        "description": "The id of this request in the logs. Responses of API Gateway itself do not have it.",
        "schema": {"type": "string"},
    },
    "ETag": {
        "description": "The version of the resource, for `If-Match`.",
        "schema": {"type": "string"},
        "example": '"1"',
    },
    "Location": {
        "description": "The path of the new resource.",
        "schema": {"type": "string", "format": "uri-reference"},
    },
    "Idempotent-Replayed": {
        "description": "`true`: a request with the same `Idempotency-Key` was served before, and this is its response.",
        "schema": {"type": "string", "const": "true"},
    },
    "Link": {
        "description": 'The address of the next page, with `rel="next"` (RFC 8288). The last page does not have it.',
        "schema": {"type": "string"},
    },
    "Retry-After": {
        "description": "Seconds until the caller may retry.",
        "schema": {"type": "integer", "minimum": 1},
    },
    "WWW-Authenticate": {
        "description": "How to authenticate (RFC 6750 section 3).",
        "schema": {"type": "string"},
    },
    "Accept": {"description": "The media type that the body must have.", "schema": {"type": "string"}},
}

# Tags of routes in `common`; those of services are described by the docstring of their module.
TAGS: Final = {"health": "Whether the function runs."}
