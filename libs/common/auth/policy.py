"""Authorisation: which callers may use an operation.

A route names its policy in its signature, and OpenAPI shows it.

A service lists its policies in `policies.py`:

    OwnerOrAdministrator = Annotated[Permission, allow(Policy("<service>:admin", owner="the creator"))]
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, NamedTuple

from fastapi import Depends, Security

from common.auth.authentication import current_user
from common.auth.principal import Principal
from common.failures import Forbidden
from common.http.openapi import declares


class Policy(NamedTuple):
    """The callers that may use an operation: those with the scope and, if one is named, the owner.

    Attributes:
        scope: Callers with this scope may use the operation on every resource.
        owner: The owner in words, such as "the user". Owners may use the operation on their own resources. None: only
            the scope counts.
        failure: The failure raised for all other callers.
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
        """Return the failure for a caller that the policy does not allow."""
        callers = f"Only {self.owner}, or a caller with the scope {self.scope}, may do this."
        return self.failure(callers if self.owner else f"The scope {self.scope} is required.", scope=self.scope)

    def __str__(self) -> str:
        """Return the policy as a sentence for OpenAPI."""
        holders = f"callers with the scope `{self.scope}`"
        return f"Access: {self.owner}, and {holders}." if self.owner else f"Access: {holders}."


class Permission(NamedTuple):
    """The result of a policy for one caller.

    Attributes:
        policy: The policy.
        required_owner: The subject that must own the resource; None if any owner will do.
    """

    policy: Policy
    required_owner: str | None

    def check_owner(self, owner: str) -> None:
        """Raise the policy's failure unless the caller may use the operation on this owner's resource.

        Raises:
            Forbidden: The caller is not the owner and does not have the scope.
        """
        if self.required_owner not in (None, owner):
            raise self.policy.rejection()


def allow(policy: Policy, caller: Callable[..., Awaitable[Principal]] = current_user) -> Any:
    """Return the dependency for `Annotated[Permission, ...]`, which makes a route check this policy.

    Args:
        policy: The callers that may use the route.
        caller: The dependency that authenticates the caller.
    """

    @declares(policy.failure, access=str(policy), scopes=(policy.scope,))
    async def permission(principal: Annotated[Principal, Depends(caller)]) -> Permission:
        return policy.permission(principal)

    # An owner needs no scope, so OpenAPI's security requirement names the scope only if the policy has no owner.
    return Security(permission, scopes=[] if policy.owner else [policy.scope])
