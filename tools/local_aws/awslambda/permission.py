"""Whether a function's resource policy lets API Gateway call it for a route.

Form of the policy: https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html; of the source's
ARN: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

_ACTIONS = frozenset({"lambda:InvokeFunction", "lambda:*", "*"})
_PRINCIPAL = "apigateway.amazonaws.com"


def source_arn(region: str, account: str, api_id: str, stage: str, route_key: str) -> str:
    """Return the source ARN of API Gateway's call for a route: method and path, with `*` for ANY, or `$default`."""
    method, _, path = route_key.partition(" ")
    resource = f"{'*' if method == 'ANY' else method}{path}" if path else route_key
    return f"arn:aws:execute-api:{region}:{account}:{api_id}/{stage}/{resource}"


def permits(policy: str, function_arn: str, source: str) -> bool:
    """Return whether the policy (JSON) allows API Gateway, calling as `source`, to invoke the function."""
    return any(_allows(statement, function_arn, source) for statement in json.loads(policy)["Statement"])


def _allows(statement: Mapping[str, Any], function_arn: str, source: str) -> bool:
    principal = statement.get("Principal")
    if isinstance(principal, dict):
        principal = principal.get("Service")
    return (
        statement.get("Effect") == "Allow"
        and statement.get("Action") in _ACTIONS
        and principal in (_PRINCIPAL, "*")
        and statement.get("Resource") == function_arn
        and all(_holds(operator, keys, source) for operator, keys in statement.get("Condition", {}).items())
    )


def _holds(operator: str, keys: Mapping[str, str], source: str) -> bool:
    """Return whether a condition holds. Only AddPermission's conditions are known; any other does not hold."""
    account = source.split(":")[4]
    match operator, {name.lower(): value for name, value in keys.items()}:
        case "ArnLike" | "ArnEquals", {"aws:sourcearn": pattern, **rest} if not rest:
            return _like(pattern, source)
        case "StringEquals", {"aws:sourceaccount": wanted, **rest} if not rest:
            return wanted == account
        case _:
            return False


def _like(pattern: str, text: str) -> bool:
    """Match an ARN part by part, where `*` and `?` do not cross a colon."""
    wanted, found = pattern.split(":", 5), text.split(":", 5)
    return len(wanted) == len(found) and all(
        re.fullmatch(re.escape(part).replace(r"\*", ".*").replace(r"\?", "."), other, re.DOTALL)
        for part, other in zip(wanted, found, strict=True)
    )
