"""`make grant` and `make revoke`: give a user a scope, or remove it.

Without an environment they change a user of the embedded AWS that `make up` runs. With one, they change a user in the
AWS account of the caller's credentials.
"""

import argparse
import re
import sys
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from common.failures import Failure
from local_aws.session import SessionError
from monorepo.services import services
from users.commands.places import parsed_with_place, place
from users.commands.scopes import GrantError, administrators, change, find
from users.domain import ADMINISTRATION, User

SCOPE: Final = re.compile(r"[a-z][a-z0-9_]*:[a-z][a-z_]*")


def main(arguments: Sequence[str]) -> None:
    """Run one command; exit with one line and status 1 if it fails, or status 2 if the arguments are wrong."""
    given = parsed(arguments)
    scope = frozenset({given.scope})
    grant = given.command == "grant"
    try:
        client, table = place(given.env, given.name, given.work)
        with closing(client):
            user = find(client, table, given.user or given.email)
            print(f"{table}: {shown(user)}, scopes: {_listed(user.scopes)}.")
            found = doubts(user, given.email, grant=grant)
            if found and not given.yes:
                _confirm(found, user)
            changed = scope.union if grant else partial(_without, given.scope)
            user = change(client, table, user.id, changed, shown=user)
            print(f"Scopes now: {_listed(user.scopes)}. Tokens carry them from the next login on.")
            if given.scope == ADMINISTRATION and not administrators(client, table):
                print(f"No administrator of users is registered now: make grant SCOPE={ADMINISTRATION} registers one.")
    except (BotoCoreError, ClientError, Failure, GrantError, SessionError) as error:
        sys.exit(f"{given.command}: {' '.join(str(_first_cause(error)).split())}")


def shown(user: User) -> str:
    """Return a user in words; an address that is not ASCII also escaped, because its letters may look like others."""
    email = user.email if user.email.isascii() else f"{user.email} ({ascii(user.email)[1:-1]})"
    status = "" if user.is_active else ", deactivated"
    return f"user {user.id}, {email}, {user.username!r}, registered {user.created_at:%Y-%m-%d}{status}"


def doubts(user: User, email: str, *, grant: bool) -> list[str]:
    """Return what the operator has to confirm: that the user is the one that was meant, and acts for itself.

    Args:
        user: The user that was found.
        email: The address by which it was found, or an empty text.
        grant: Whether the user gets a scope. Whoever has set its password may use the scope.
    """
    found = [f"the stored address is {user.email}, not {email}"] if email and user.email != email else []
    if grant and user.set_by is not None:
        at = "" if user.password_set_at is None else f", whose password was last set at {_utc(user.password_set_at)}"
        found.append(f"user {user.set_by} has set the password or the address of this user{at}")
    return found


def _first_cause(error: BaseException) -> BaseException:
    return _first_cause(error.__cause__) if error.__cause__ else error


def _utc(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"


def _listed(scopes: frozenset[str]) -> str:
    return ", ".join(sorted(scopes)) or "none"


def _confirm(found: list[str], user: User) -> None:
    """Ask whether to go on.

    Raises:
        GrantError: The answer is not yes, or nobody can be asked.
    """
    difference = ", and ".join(found)
    if not sys.stdin.isatty():
        instead = "YES=1" if user.set_by is not None else f"the stored address, USER={user.id}, or YES=1"
        raise GrantError(f"{difference}: give {instead}")
    print(f"Careful: {difference}. Continue? [y/N] ", end="", flush=True)
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise GrantError("nothing was changed")


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the arguments, or exit with status 2 and the error."""
    parser = argparse.ArgumentParser(prog="grants", description=__doc__)
    parser.add_argument("command", choices=("grant", "revoke"))
    parser.add_argument("--scope", type=_scope, required=True, metavar="SERVICE:SCOPE")
    parser.add_argument("--user", type=_user, default=None, metavar="ID")
    parser.add_argument("--email", type=_email, default="")
    parser.add_argument("--yes", action="store_true", help="do not ask for a confirmation")
    given = parsed_with_place(parser, arguments)
    if bool(given.user) == bool(given.email):
        parser.error("give the user by either USER=<id> or EMAIL=<address>")
    if given.command == "grant" and given.scope not in (known := _known_scopes()):
        parser.error(f"SCOPE={given.scope} is not defined by a service. Use one of: {', '.join(known)}")
    return given


def _known_scopes() -> list[str]:
    return sorted(scope for service in services() for scope in service.scopes)


def _without(scope: str, held: frozenset[str]) -> frozenset[str]:
    if scope not in held:
        raise GrantError(f"the user does not have the scope {scope}; the user has: {', '.join(sorted(held)) or 'none'}")
    return held - {scope}


def _scope(text: str) -> str:
    # A removed service defines no scopes any more, but users may still have them: revoke accepts any scope.
    if not SCOPE.fullmatch(text):
        raise argparse.ArgumentTypeError(
            f"SCOPE={text} is not valid: give SERVICE:SCOPE, such as {next(iter(_known_scopes()), 'users:admin')}"
        )
    return text


def _user(text: str) -> int | None:
    if text and not (text.isascii() and text.isdigit() and int(text)):
        raise argparse.ArgumentTypeError(f"USER={text} is not valid: give the id of a user, which is a whole number")
    return int(text) if text else None


def _email(text: str) -> str:
    if text and "@" not in text:
        raise argparse.ArgumentTypeError(f"EMAIL={text} is not an e-mail address: give the address of a user")
    return text


if __name__ == "__main__":
    main(sys.argv[1:])
