"""`make grant` and `make revoke`: on the embedded AWS by default, and in the caller's own account with ENV=."""

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.users.commands.granted import ADMIN, CTO, TABLE, stored
from tests.users.earlier_version import DOUBLE_S, SHARP_S, added_before
from users.commands.grants import main
from users.commands.scopes import ATTEMPTS, GrantError, administrators, change, find
from users.repository import DynamoUserRepository

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.mark.usefixtures("users")
def test_grant_and_revoke_print_what_is_stored(
    dynamodb: "DynamoDBClient", work: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = "none"
    for command, scopes, version in (
        ("grant", ["users:admin"], 2),
        ("grant", ["users:admin"], 2),
        ("revoke", [], 3),
    ):
        main([command, *ADMIN, "--work", work])
        shown, changed, *warnings = capsys.readouterr().out.splitlines()
        expected = ", ".join(scopes) or "none"
        user = "user 1, CTO@example.com, 'chief-tech', registered 2026-01-01"
        assert shown == f"{TABLE}: {user}, scopes: {before}."
        assert changed.startswith(f"Scopes now: {expected}. ")
        assert stored(dynamodb) == (scopes, version)
        assert (administrators(dynamodb, TABLE), bool(warnings)) == (([1], False) if scopes else ([], True))
        before = expected


@pytest.mark.usefixtures("users")
def test_revoking_the_last_administrator_says_so(
    dynamodb: "DynamoDBClient", work: str, capsys: pytest.CaptureFixture[str]
) -> None:
    change(dynamodb, TABLE, 1, frozenset({"users:admin"}).union)
    main(["revoke", *ADMIN, "--work", work])
    assert (
        capsys.readouterr().out.splitlines()[-1].startswith("No administrator of users is registered now: make grant")
    )


def test_scope_that_an_administrator_of_an_earlier_version_has_is_registered(
    users: DynamoUserRepository, dynamodb: "DynamoDBClient", work: str
) -> None:
    users.add(replace(CTO, id=2, email="two@example.com", scopes=frozenset({"users:admin"})))
    assert administrators(dynamodb, TABLE) == []
    main(["grant", "--scope", "users:admin", "--user", "2", "--work", work])
    assert (administrators(dynamodb, TABLE), users.get(2).version) == ([2], 1)


@pytest.mark.usefixtures("users")
def test_user_is_found_by_id(dynamodb: "DynamoDBClient", work: str) -> None:
    main(["grant", "--scope", "users:admin", "--user", "1", "--work", work])
    assert stored(dynamodb) == (["users:admin"], 2)
    with pytest.raises(SystemExit, match=f"^grant: no user in the table {TABLE} has the id 2$"):
        main(["grant", "--scope", "users:admin", "--user", "2", "--work", work])


@pytest.mark.usefixtures("users")
def test_other_scopes_are_kept(dynamodb: "DynamoDBClient", work: str) -> None:
    change(dynamodb, TABLE, CTO.email, lambda _: frozenset({"a:admin", "z:admin"}))
    main(["grant", *ADMIN, "--work", work])
    assert stored(dynamodb)[0] == ["a:admin", "users:admin", "z:admin"]
    main(["revoke", *ADMIN, "--work", work])
    assert stored(dynamodb)[0] == ["a:admin", "z:admin"]


@pytest.mark.usefixtures("users")
def test_scope_of_a_removed_service_is_revoked(dynamodb: "DynamoDBClient", work: str) -> None:
    change(dynamodb, TABLE, CTO.email, lambda _: frozenset({"removed2:admin", "users:admin"}))
    main(["revoke", "--scope", "removed2:admin", "--email", CTO.email, "--work", work])
    assert stored(dynamodb)[0] == ["users:admin"]


@pytest.mark.usefixtures("users")
@pytest.mark.parametrize(
    ("held", "shown"), [(frozenset[str](), "none"), (frozenset({"z:admin", "a:admin"}), "a:admin, z:admin")]
)
def test_revoking_a_scope_that_the_user_does_not_have_is_an_error(
    dynamodb: "DynamoDBClient", work: str, held: frozenset[str], shown: str
) -> None:
    change(dynamodb, TABLE, CTO.email, lambda _: held)
    before = stored(dynamodb)
    message = f"^revoke: the user does not have the scope users:admin; the user has: {shown}$"
    with pytest.raises(SystemExit, match=message):
        main(["revoke", *ADMIN, "--work", work])
    assert stored(dynamodb) == before


def test_repository_reads_granted_user(users: DynamoUserRepository, dynamodb: "DynamoDBClient") -> None:
    change(dynamodb, TABLE, CTO.email, frozenset({"users:admin"}).union)
    found = users.get(1)
    assert (found.email, found.username, found.version) == (CTO.email, CTO.username, 2)


@pytest.mark.usefixtures("users")
def test_unknown_email_is_rejected(dynamodb: "DynamoDBClient", work: str) -> None:
    arguments = ("grant", "--scope", "users:admin", "--work", work)
    rejection = f"^grant: no user in the table {TABLE} has the e-mail address unknown@example.com$"
    with pytest.raises(SystemExit, match=rejection):
        main([*arguments, "--email", "unknown@example.com"])
    # The item of an erased user, as the command sees it if the erasure happens between its two reads.
    dynamodb.update_item(
        TableName=TABLE,
        Key={"pk": {"S": "USER#1"}, "sk": {"S": "USER"}},
        UpdateExpression="SET erased_at = :at REMOVE email",
        ExpressionAttributeValues={":at": {"S": "2026-01-01"}},
    )
    with pytest.raises(SystemExit, match=r"^grant: no user in the table"):
        main([*arguments, "--email", CTO.email])
    assert stored(dynamodb) == ([], 1)


class ConcurrentChanges:
    """Changes the user before each write arrives, for the first `times` writes."""

    def __init__(self, client: "DynamoDBClient", times: int) -> None:
        self._client = client
        self._left = times
        client.meta.events.register("before-call.dynamodb.TransactWriteItems", self._change)

    def _change(self, **_: object) -> None:
        if self._left:
            self._left -= 1
            self._client.update_item(
                TableName=TABLE,
                Key={"pk": {"S": "USER#1"}, "sk": {"S": "USER"}},
                UpdateExpression="SET username = :name, version = version + :one",
                ExpressionAttributeValues={":name": {"S": "renamed"}, ":one": {"N": "1"}},
            )


def test_concurrent_change_is_kept(users: DynamoUserRepository, dynamodb: "DynamoDBClient") -> None:
    ConcurrentChanges(dynamodb, ATTEMPTS - 1)
    granted = change(dynamodb, TABLE, CTO.email, frozenset({"users:admin"}).union)
    assert (granted.username, granted.scopes) == ("renamed", frozenset({"users:admin"}))
    assert stored(dynamodb) == (["users:admin"], 1 + ATTEMPTS)
    assert users.get(1).username == "renamed"


@pytest.mark.usefixtures("users")
def test_too_many_concurrent_changes_are_an_error(dynamodb: "DynamoDBClient") -> None:
    ConcurrentChanges(dynamodb, ATTEMPTS)
    with pytest.raises(GrantError, match="try again"):
        change(dynamodb, TABLE, CTO.email, frozenset({"users:admin"}).union)
    assert stored(dynamodb)[0] == []


def test_address_that_an_earlier_version_reserved_for_another_address_is_not_found(
    users: DynamoUserRepository, dynamodb: "DynamoDBClient"
) -> None:
    added_before(users._table, 2, SHARP_S)
    assert find(dynamodb, TABLE, SHARP_S).id == 2
    with pytest.raises(GrantError, match="no user in the table"):
        find(dynamodb, TABLE, DOUBLE_S)
