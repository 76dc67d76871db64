"""A function's response, compared part by part."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

_PARTS: Final = frozenset({"statusCode", "headers", "cookies", "body", "isBase64Encoded", "multiValueHeaders"})


@dataclass(frozen=True)
class Response:
    """The parts from which API Gateway makes the client's response, which does not keep the order of headers."""

    status: int
    headers: Mapping[str, Any]
    cookies: tuple[str, ...]
    body: bytes

    @classmethod
    def of(cls, payload: str) -> Self:
        """Read the function's response.

        Raises:
            ValueError: It has parts that are not compared.
        """
        given = json.loads(payload)
        if unknown := given.keys() - _PARTS:
            raise ValueError(f"the response has unknown parts: {', '.join(sorted(unknown))}")
        body = given.get("body") or ""
        content = base64.b64decode(body) if given.get("isBase64Encoded") else body.encode(errors="surrogatepass")
        headers = {**(given.get("headers") or {}), **(given.get("multiValueHeaders") or {})}
        return cls(given["statusCode"], headers, tuple(given.get("cookies") or ()), content)

    def difference(self, after: Self) -> str:
        """Return the parts that differ, with both values, or an empty string."""
        pairs = [(part, getattr(self, part), getattr(after, part)) for part in vars(self)]
        return "".join(
            f"\n  {part}\n    before: {before!r:.600}\n    after:  {after!r:.600}"
            for part, before, after in pairs
            if before != after
        )
