"""`Idempotency-Key` of requests that create (draft-ietf-httpapi-idempotency-key-header-07; docs/decisions/0048)."""

import hashlib
import hmac
import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import Depends, FastAPI, Request, Response
from pydantic import BaseModel, Secret, SecretBytes, SecretStr
from pydantic_core import to_jsonable_python

from common.failures import Malformed
from common.http.body import JSON
from common.http.openapi import RequestHeader, declares
from common.idempotency import IdempotencyKeyReused, Record, Recording, Replayed, unrecorded

REPLAYED: Final = "Idempotent-Replayed"
# A string of structured fields (RFC 9651 section 3.3.3), without spaces. Or only its content, which many clients send:
# then without what several joined headers, or parameters, would have.
FORM: Final = r'"(?:[!#-\[\]-~]|\\["\\]){16,255}"|[!#-+\--:<-\[\]-~]{16,255}'
KEY: Final = re.compile(FORM)
DESCRIPTION: Final = (
    "Send the same key with the same body again, and the request has an effect once: within 24 hours the response is "
    "the first one. Random, such as a UUID: 16 to 255 visible ASCII characters, in quotes (or without, if it has "
    "neither quotes, commas, semicolons nor backslashes). Keep it as secret as the body: whoever has it can compare "
    "five other bodies with the first one. Then the key is not accepted any more."
)
# Not FastAPI's `Header`, which takes as long again as all of this dependency (20 µs) of every request.
HEADER: Final = RequestHeader("Idempotency-Key", DESCRIPTION, f"^(?:{FORM})$")


class IdempotencyKeyMalformed(Malformed):
    """`Idempotency-Key` is not one string of 16 to 255 visible ASCII characters."""

    code = "invalid-idempotency-key"
    title = "The idempotency key is malformed"


class Idempotency:
    """The `Idempotency-Key` of a request, if it has one."""

    def __init__(self, request: Request, response: Response, key: str | None) -> None:
        self._request = request
        self._response = response
        self._key = key

    def recording[Entity](
        self, caller: str | None, body: BaseModel, now: datetime, created: Callable[[Response, Entity], BaseModel]
    ) -> Recording[Entity]:
        """Return the function that gives an operation the record of this request.

        Args:
            caller: The caller's subject, because a key is the caller's own; None: anonymous.
            body: The validated body.
            now: The time of the request.
            created: Sets `Location` (and `ETag`, if there are versions) for the created entity, and returns the body of
                the response.
        """
        if self._key is None:
            return unrecorded
        route, key = self._request.scope["route"], self._key
        scope = json.dumps([caller, self._request.method, route.path_format, key])
        identity = hashlib.sha256(scope.encode()).hexdigest()
        fingerprint = hmac.new(key.encode(), canonical(body).encode(), "sha256").hexdigest()

        def record(entity: Entity) -> Record:
            answer = created(self._response, entity).model_dump_json(by_alias=True)
            headers = self._response.headers
            return Record(
                id=identity,
                fingerprint=fingerprint,
                status=route.status_code,
                body=answer,
                location=headers["location"],
                etag=headers.get("etag"),
                made_at=int(now.timestamp()),
            )

        return record


def canonical(body: BaseModel) -> str:
    """Return a text that is the same for bodies with the same validated values, secret ones included.

    Fields that have their default value are left out, so that a new version of the service that adds a field knows the
    requests of the earlier one.
    """
    return _text(body.model_dump(exclude_defaults=True))


def _text(value: Any) -> str:
    return json.dumps(value, default=_plain, sort_keys=True, separators=(",", ":"))


def _plain(value: object) -> Any:
    match value:
        case Secret() | SecretStr() | SecretBytes():
            return value.get_secret_value()
        case set() | frozenset():
            # Their order depends on the process.
            return sorted(map(_text, value))
    return to_jsonable_python(value)


@declares(IdempotencyKeyMalformed, IdempotencyKeyReused, header=HEADER, sets=(REPLAYED,))
async def idempotency(request: Request, response: Response) -> Idempotency:
    """Return the key of the request.

    Raises:
        IdempotencyKeyMalformed: The header is not a key, or there are several.
    """
    given = request.headers.getlist("idempotency-key")
    if not given:
        return Idempotency(request, response, None)
    key = given[0]
    if len(given) > 1 or not KEY.fullmatch(key):
        raise IdempotencyKeyMalformed(
            "Idempotency-Key is not one string of 16 to 255 visible ASCII characters: send a UUID in quotes."
        )
    if key.startswith('"'):
        key = key[1:-1].replace(r"\"", '"').replace(r"\\", "\\")
    return Idempotency(request, response, key)


IdempotencyKey = Annotated[Idempotency, Depends(idempotency)]


def install(app: FastAPI) -> None:
    """Make `app` respond to a request that was served before with the response of then."""
    app.add_exception_handler(Replayed, _replay)


async def _replay(_: Request, replayed: Exception) -> Response:
    assert isinstance(replayed, Replayed)  # noqa: S101 - narrows the type that Starlette declares
    record = replayed.record
    headers = {"Location": record.location, REPLAYED: "true"}
    if record.etag is not None:
        headers["ETag"] = record.etag
    return Response(record.body, record.status, headers, JSON)
