"""The function that a call of Lambda's Invoke names: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html."""

import re
from dataclasses import dataclass
from typing import Self
from urllib.parse import parse_qs

LATEST = "$LATEST"
_PATH = re.compile(r"/2015-03-31/functions/(?P<function>[^/]+)/invocations/?")
_NAME = re.compile(
    r"(?:arn:aws:lambda:(?P<region>[a-z0-9-]+):)?(?:(?P<account>\d{12}):)?(?:function:)?"
    r"(?P<name>[\w-]+)(?::(?P<qualifier>\$LATEST|[\w-]+))?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class FunctionReference:
    """A function by name, with the region, the account and the qualifier (alias or version) if the caller gave them."""

    name: str
    qualifier: str | None = None
    region: str | None = None
    account: str | None = None

    @classmethod
    def invoked(cls, method: str, path: str, query: str) -> Self | None:
        """Return the function that a request to Lambda (its path decoded) invokes, or None for another operation."""
        found = _PATH.fullmatch(path) if method == "POST" else None
        parts = _NAME.fullmatch(found["function"]) if found else None
        if parts is None:
            return None
        [qualifier] = parse_qs(query).get("Qualifier", [None])
        return cls(parts["name"], parts["qualifier"] or qualifier, parts["region"], parts["account"])

    def arn(self, region: str, account: str) -> str:
        """Return the function's ARN, with the qualifier if it has one; the arguments are those of the caller."""
        arn = f"arn:aws:lambda:{self.region or region}:{self.account or account}:function:{self.name}"
        return f"{arn}:{self.qualifier}" if self.qualifier else arn
