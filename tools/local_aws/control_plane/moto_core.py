"""All services: moto 5.2.5 takes an `Action` that it finds in a body for the operation, before the X-Amz-Target header.

Text that is stored, such as `a&Action=DeleteTable`, would be obeyed; and what is called would not be what was allowed.
"""

from moto.core.responses import BaseResponse

_from_body = BaseResponse._get_action  # noqa: SLF001 - it is what the gap is in


def apply() -> None:
    """Fill the gap for every server that this process starts afterwards."""
    BaseResponse._get_action = _action  # type: ignore[method-assign]  # noqa: SLF001


def _action(self: BaseResponse) -> str:
    """The operation that AWS's JSON protocol names in the header (https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html)."""
    target = str(self.headers.get("X-Amz-Target") or "")
    return target.rpartition(".")[2] or _from_body(self)
