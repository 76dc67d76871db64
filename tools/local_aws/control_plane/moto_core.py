"""All services: reads the operation from the X-Amz-Target header first.

moto 5.2.5 reads it from an `Action` in the body first. Text in a body, such as `a&Action=DeleteTable`, would be
executed, and the executed operation could differ from the authorised one.
"""

from moto.core.responses import BaseResponse

_from_body = BaseResponse._get_action  # noqa: SLF001 - the method to replace


def apply() -> None:
    """Fill the gap for every server that this process starts afterwards."""
    BaseResponse._get_action = _action  # type: ignore[method-assign]  # noqa: SLF001


def _action(self: BaseResponse) -> str:
    """Return the operation in the header of AWS's JSON protocol (https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html)."""
    target = str(self.headers.get("X-Amz-Target") or "")
    return target.rpartition(".")[2] or _from_body(self)
