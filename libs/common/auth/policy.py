"""Authorisation: which callers may use an operation. A route names its policy in its signature, and OpenAPI shows it.

A service lists its policies in `policies.py`:

    OwnerOrAdministrator = Annotated[Permission, allow(Policy("things:admin", owner="the owner of the thing"))]
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Security

from common.auth.authentication import current_user
from common.auth.principal import Principal
from common.failures import Forbidden
from common.http.openapi import declares


@dataclass(frozen=True, slots=True)
class Policy:
    """Callers that an operation serves: those with a scope and, where one is named, the owner.

    Attributes:
        scope: Its holders may use the operation on everything.
        owner: Who may use it on what they own, in words; None: nobody else.
        failure: Raised for all other callers.
    """

    scope: str
    owner: str | None = None
    failure: type[Forbidden] = Forbidden

    def permission(self, principal: Principal) -> "Permission":
        """Return what the caller may do.

        Raises:
            Forbidden: The policy names no owner, and the caller does not have the scope.
        """
        if self.scope in principal.scopes:
            return Permission(self, None)
        if self.owner is None:
            raise self.rejection()
        return Permission(self, principal.subject)

    def rejection(self) -> Forbidden:
        """Return the failure for a caller whom the policy does not serve."""
        callers = f"Only {self.owner}, or a caller with the scope {self.scope}, may do this."
        return self.failure(callers if self.owner else f"The scope {self.scope} is required.", scope=self.scope)

    def __str__(self) -> str:
        """Return the policy as a sentence for OpenAPI."""
        holders = f"callers with the scope `{self.scope}`"
        return f"Access: {self.owner}, and {holders}." if self.owner else f"Access: {holders}."


@dataclass(frozen=True, slots=True)
class Permission:
    """What a policy lets a caller do.

    Attributes:
        policy: The policy.
        required_owner: The subject that must own what the operation is used on; None: anyone may own it.
    """

    policy: Policy
    required_owner: str | None

    def check_owner(self, owner: str) -> None:
        """Raise the policy's failure unless the operation may be used on what this subject owns.

        Raises:
            Forbidden: The caller is not the owner and does not have the scope.
        """
        if self.required_owner not in (None, owner):
            raise self.policy.rejection()


def allow(policy: Policy, caller: Callable[..., Awaitable[Principal]] = current_user) -> Any:
    """Return what makes `Annotated[Permission, ...]` the parameter of a route with this policy.

    Args:
        policy: Which callers the route serves.
        caller: The dependency that authenticates the caller.
    """

    @declares(policy.failure, access=str(policy), scopes=(policy.scope,))
    async def permission(principal: Annotated[Principal, Depends(caller)]) -> Permission:
        return policy.permission(principal)

    # The owner needs no scope, so OpenAPI's security requirement names it only where there is no owner.
    return Security(permission, scopes=[] if policy.owner else [policy.scope])
