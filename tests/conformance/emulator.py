"""Hold every service's replayable operations under AWS's emulator and in the embedded AWS's environments.

`make verify-emulator` runs this as a program.
"""

import asyncio
import base64
from collections.abc import Mapping
from typing import Final

import httpx2

from local_aws.comparison.conversation import Conversation
from local_aws.comparison.verify_emulator import main
from local_aws.session import Session
from monorepo.services import default_service
from tests.conformance.found import ROWS, SERVICES, profile, service_file
from tests.support.deployed.signing import Signer

PAGES: Final = ("/", "/docs", "/redoc", "/openapi.json", "/nowhere?a=1&a=2")


class Functions(httpx2.BaseTransport):
    """Sends a client's requests to the functions of a conversation, whose event loop runs in another thread."""

    def __init__(self, conversation: Conversation, loop: asyncio.AbstractEventLoop) -> None:
        self._conversation = conversation
        self._loop = loop

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Return the function's response."""
        names = ("authorization", "content-type", "if-match", "idempotency-key")
        headers = [(name, request.headers[name]) for name in names if name in request.headers]
        target = request.url.raw_path.decode()
        asked = self._conversation.ask(request.method, target, request.read(), *headers)
        answer = asyncio.run_coroutine_threadsafe(asked, self._loop).result()
        body = answer.get("body") or ""
        content = base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()
        return httpx2.Response(answer["statusCode"], headers=answer.get("headers", {}), content=content)


async def hold(conversation: Conversation, control_plane: Mapping[str, str]) -> None:
    """Ask for the pages of the default service, then for each row of every service that may be replayed."""
    signer = Signer(Session(url="", admin_url="", control_plane=dict(control_plane), variables={}))
    transport = Functions(conversation, asyncio.get_running_loop())
    with httpx2.Client(transport=transport, base_url="https://example.com") as api:
        await asyncio.to_thread(_ask, api, signer)


def _ask(api: httpx2.Client, signer: Signer) -> None:
    for page in PAGES:
        api.get(page)
    api.head("/")
    api.delete(f"{service_file(default_service().name).paths[0]}")
    for service in SERVICES:
        api.get(f"{service_file(service).paths[0]}/openapi.json")
        api.get(f"{service_file(service).paths[0]}?cursor=damaged")
    for number, row in enumerate(row for row in ROWS if row.operation.replayed and not row.operation.environment):
        service, operation = row
        owned = profile(service).make(api, signer.bearer, number)
        path = operation.path.format(**owned.parameters)
        headers = (
            {} if operation.access.public else signer.bearer(owned.subject, *filter(None, [operation.access.scope]))
        )
        if operation.needs:
            method, needed = operation.needs
            api.request(method, needed.format(**owned.parameters), headers=headers)
        sent = dict(operation.send(1_000 + number))
        headers |= dict(sent.pop("headers", {}))
        api.request(operation.method, path, headers=headers, **sent)
        # Refused by the framework or by the policy, before the operation.
        api.request(operation.method, path, content=b"{", headers={"content-type": "application/json"})
        api.request(operation.method, path, data={"a": "b"})


if __name__ == "__main__":
    main(hold)
