"""The caller of each request of a soak, and the ids it sends."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import httpx2

from tests.conformance.found import DESCRIBED, profile
from tests.conformance.soak.kinds import Kind
from tests.support.profile import Bearer

# No request of a load has such a number.
NUMBERS = itertools.count(900_000_000)


def subjects(api: httpx2.Client, bearer: Bearer, count: int) -> list[str]:
    """Return subjects that every deployed service accepts: those of a service that keeps accounts, or just numbers."""
    found = []
    for number in itertools.islice(NUMBERS, count):
        made = {profile(service).make(api, bearer, number).subject for service in DESCRIBED}
        found.append(next(iter(made - {str(number)}), str(number)))
    return found


class Callers:
    """Callers who take turns; of three requests one sends ids of its own, one malformed ids, one none.

    Args:
        users: Ids of users.
        bearer: Returns the header with a new token of a user. A soak may last longer than a token is valid.
    """

    def __init__(self, users: Sequence[str], bearer: Callable[[str], dict[str, str]]) -> None:
        self._users = users
        self._bearer = bearer

    def headers(self, kind: Kind, number: int) -> dict[str, str]:
        """What a request of that number sends."""
        match number % 3:
            case 0:
                sent = {"x-correlation-id": _correlation_id(number), "traceparent": _traceparent(number)}
            case 1:
                sent = {"x-correlation-id": f"-{number}", "traceparent": f"00-{0:032x}-{number:016x}-01"}
            case _:
                sent = {}
        return sent | (self._bearer(self._user(number)) if kind.signed else {})

    def ids(self, kind: Kind, number: int, line: Mapping[str, Any]) -> dict[str, str]:
        """What a line of that request says of its caller; ids that it did not send are made of the line's others."""
        if number % 3 == 0:
            ids = {"correlation_id": _correlation_id(number), "traceparent": _traceparent(number)}
        else:
            version, epoch, unique = line["xray_trace_id"].split("-")
            assert version == "1"
            # The function's own segment, which no line names, and whether it is sampled.
            segment = line["traceparent"][36:]
            ids = {"correlation_id": line["request_id"], "traceparent": f"00-{epoch}{unique}-{segment}"}
        return ids | ({"principal_id": self._user(number)} if kind.signed else {})

    def _user(self, number: int) -> str:
        return self._users[number % len(self._users)]


def _correlation_id(number: int) -> str:
    return f"soak-{number}"


def _traceparent(number: int) -> str:
    return f"00-{number + 1:032x}-{number + 1:016x}-01"
