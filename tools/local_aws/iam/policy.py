"""Policies of roles that deploy, and permissions boundaries: wildcards, denials and the conditions that we use.

Grammar: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html, evaluation:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html. Anything else is rejected,
because ignoring it would allow other calls than AWS does. Roles of functions have the stricter form of `access`.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from local_aws.iam.access import VERSION, PolicyError, RoleAccess

KEYS = {"Sid", "Effect", "Action", "Resource", "Condition"}


@dataclass(frozen=True, slots=True)
class Need:
    """A permission that a call needs: an action on a resource, and the condition keys of the call."""

    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of a policy, as parsed JSON with every list written out."""

    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: tuple[tuple[str, str, tuple[str, ...]], ...]

    def applies(self, need: Need) -> bool:
        """Return whether the statement is about this need."""
        return (
            any(matches(pattern.lower(), need.action.lower()) for pattern in self.actions)
            and any(matches(pattern, need.resource) for pattern in self.resources)
            and all(OPERATORS[test](need.context.get(key), values) for test, key, values in self.conditions)
        )


def matches(pattern: str, text: str) -> bool:
    """Return whether the text matches a pattern in which * is any characters, and ? is one."""
    return _compiled(pattern).fullmatch(text) is not None


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = {"*": ".*", "?": "."}
    return re.compile("".join(parts.get(character) or re.escape(character) for character in pattern), re.DOTALL)


def _any(compare: Callable[[str, str], bool]) -> Callable[[str | None, tuple[str, ...]], bool]:
    return lambda value, patterns: value is not None and any(compare(pattern, value) for pattern in patterns)


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
OPERATORS: dict[str, Callable[[str | None, tuple[str, ...]], bool]] = {
    "ArnLike": _any(matches),
    "Bool": _any(lambda expected, value: expected.lower() == value.lower()),
    "Null": lambda value, expected: str(value is None).lower() in expected,
    "StringEquals": _any(lambda expected, value: expected == value),
    "StringLike": _any(matches),
}


def parse(where: str, document: Any) -> tuple[Statement, ...]:
    """Return the statements of a policy.

    Args:
        where: What the policy is, for messages.
        document: The parsed policy.

    Raises:
        PolicyError: It has a part that is not evaluated here.
    """
    if (
        not isinstance(document, dict)
        or document.get("Version") != VERSION
        or document.keys() - {"Version", "Statement"}
    ):
        raise PolicyError(f"{where}: expected an object with Version {VERSION} and Statement, found {document!r}")
    return tuple(_statement(where, statement) for statement in _list(document["Statement"]))


def permits(policies: Iterable[Iterable[Statement]], boundary: Iterable[Statement] | None, need: Need) -> bool:
    """Return whether a role's policies and its boundary allow the need, and none of them denies it."""
    granted = [statement for policy in policies for statement in policy]
    limits = [granted] if boundary is None else [granted, list(boundary)]
    effects = [{statement.effect for statement in limit if statement.applies(need)} for limit in limits]
    return all(found == {"Allow"} for found in effects)


def limited(access: RoleAccess, boundary: Iterable[Statement]) -> RoleAccess:
    """Return the permissions of a function's role within a permissions boundary."""
    statements = tuple(boundary)
    return replace(access, limit=lambda action, resource: permits([statements], None, Need(action, resource)))


def _statement(where: str, statement: Any) -> Statement:
    if (
        not isinstance(statement, dict)
        or statement.keys() - KEYS
        or not {"Effect", "Action", "Resource"} <= statement.keys()
    ):
        raise PolicyError(f"{where}: expected {', '.join(sorted(KEYS))}, found {statement!r}")
    conditions = [
        (test, key, tuple(str(value) for value in _list(values)))
        for test, tested in statement.get("Condition", {}).items()
        for key, values in tested.items()
    ]
    for test, _, _ in conditions:
        if test not in OPERATORS:
            raise PolicyError(f"{where}: the condition {test} is not evaluated here")
    resources = _list(statement["Resource"])
    if any("${" in resource for resource in resources):
        raise PolicyError(f"{where}: variables of policies are not evaluated here")
    return Statement(statement["Effect"], tuple(_list(statement["Action"])), tuple(resources), tuple(conditions))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
