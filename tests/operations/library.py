"""Both services on moto with as many users, books and loans as wanted, and a record of all their DynamoDB calls."""

import copy
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from moto import mock_aws
from moto.dynamodb import urls
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType, LimitedSizeDict
from starlette.testclient import TestClient

import books.dependencies
import users.dependencies
from books.app import app as books_app
from books.domain import Book
from books.loan_repository import DynamoLoanRepository
from books.loans import Loan
from books.repository import DynamoBookRepository
from common.dynamodb import CONFIG
from common.items import decode, encode
from common.table import ItemKey, Put, Table, Update, Write
from local_aws.control_plane.moto_gaps import dynamodb as gap
from tests.operations.recorder import ACCOUNT, REGION, Recorder
from tests.support.tables import make_table
from tests.support.tokens import accepting_tokens
from users.app import app as users_app
from users.domain import User
from users.login_repository import DynamoFailureRepository, DynamoPasswordRepository
from users.passwords import Argon2Hasher
from users.repository import DynamoUserRepository
from users.settings import Settings

NOW = datetime(2026, 3, 4, 5, 6, 7, 891_011, UTC)
PASSWORD = "correct horse battery staple"
ADMIN, READER, SLEEPER = 1, 2, 3
AUTHOR, TAGS = "Ursula K. Le Guin", ("fantasy", "novel")


class Clock:
    """The time of a request, which goes on by a millisecond with each, so that ids differ and are always the same."""

    def __init__(self) -> None:
        self.now = NOW

    async def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now


@dataclass(frozen=True)
class Library:
    """Clients of both services, and what they asked DynamoDB for."""

    users: TestClient
    books: TestClient
    recorders: dict[str, Recorder]

    def forget(self) -> None:
        """Begin a new record."""
        for recorder in self.recorders.values():
            recorder.calls.clear()


class Unrecorded(Table):
    """A table that is filled behind the client's back: through the client it would take minutes."""

    def __init__(self, name: str) -> None:
        self._items = dynamodb_backends[ACCOUNT][REGION].get_table(name)

    def get(self, key: ItemKey) -> dict[str, Any] | None:
        """Return the item with this key."""
        item = self._items.get_item(DynamoType({"S": key.pk}), DynamoType({"S": key.sk}))
        return decode(item.to_json()["Attributes"]) if item else None

    def write(self, *writes: Write) -> None:
        """Store items; conditions are not asked about, because what is filled in is known to be new."""
        for write in writes:
            match write:
                case Put(item=item):
                    self._items.put_item(encode(item))
                case Update(key=key, set=changed):
                    stored = self.get(key)
                    assert stored is not None
                    self._items.put_item(encode({**stored, **changed}))


def book_id(number: int) -> str:
    """The id of the book of that number."""
    return f"019b76da-a800-7000-8000-{number:012}"


def isbn(number: int) -> str:
    """A valid ISBN of its own for each number below a thousand millions."""
    digits = f"978{number:09}"
    checksum = sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(digits))
    return f"{digits}{-checksum % 10}"


def fill_users(name: str, count: int) -> None:
    """Keep users of whom the first is an administrator, the second has a password, and the third is deactivated."""
    repository = DynamoUserRepository(Unrecorded(name))
    password = Argon2Hasher().hash(PASSWORD)
    for number in range(1, count + 1):
        repository.add(
            User(
                id=number,
                email=f"reader{number:05}@example.com",
                username=f"reader-{number:05}",
                is_active=number != SLEEPER,
                created_at=NOW,
                scopes=frozenset({"users:admin"} if number == ADMIN else ()),
            ),
            password if number in (ADMIN, READER, SLEEPER) else None,
        )


def fill_books(name: str, count: int) -> None:
    """Keep books of one author and with the same tags; the reader has borrowed the second half of them."""
    table = Unrecorded(name)
    repository, loans = DynamoBookRepository(table), DynamoLoanRepository(table)
    for number in range(1, count + 1):
        book = Book(
            id=book_id(number),
            title=f"The Left Hand of Darkness, volume {number:05}",
            author=AUTHOR,
            isbn=isbn(number),
            published_year=1969,
            tags=TAGS,
            created_at=NOW,
            created_by=str(READER),
        )
        repository.add(book)
        if number > count // 2:
            loans.lend(Loan(book_id=book.id, borrower=str(READER), lent_at=NOW + timedelta(seconds=number)))


FILL: dict[str, Callable[[str, int], None]] = {"books": fill_books, "users": fill_users}
# What each list's items are copied from, when there are more than a page's worth.
COPIED = {"books": (("BOOK", "BOOK"), ("BOOK", "TAG#fantasy")), "users": (("USER", "USER"),)}
FILLED = 100


def copy_items(service: str, name: str, count: int) -> None:
    """Put so many older items behind those of each list; made by moto one by one they would take minutes."""
    items = dynamodb_backends[ACCOUNT][REGION].get_table(name).items
    for prefix, sk in COPIED[service]:
        range_key = DynamoType({"S": sk})
        last = DynamoType({"S": f"{prefix}#{book_id(FILLED) if service == 'books' else FILLED}"})
        template = items[last][range_key]
        for number in range(count):
            made = copy.copy(template)
            made.hash_key = DynamoType({"S": f"{prefix}#copy-{number:08}"})
            made.attrs = LimitedSizeDict()
            # As a plain dict does: moto's own way sums up the sizes again for each attribute.
            dict.update(made.attrs, template.attrs)
            own = {"pk": made.hash_key} | {
                attribute: DynamoType({"S": f"!{number:08}"})
                for attribute in ("position", "loan_position")
                if attribute in template.attrs
            }
            dict.update(made.attrs, own)
            items[made.hash_key][range_key] = made


@contextmanager
def library(count: int) -> Iterator[Library]:
    """Fill a table of each service with `count` users or books, and hand out clients of the services on them."""
    with ExitStack() as stack:
        # Without it, moto copies the whole table in each transaction.
        before = dict(urls.url_paths)
        stack.callback(urls.url_paths.update, before)
        gap.apply()
        stack.enter_context(mock_aws())
        recorders = {}
        for service, fill in FILL.items():
            client: Any = boto3.client("dynamodb", config=CONFIG, region_name=REGION)
            stack.callback(client.close)
            name = make_table(client, service)
            fill(name, FILLED)
            copy_items(service, name, count - FILLED)
            recorders[service] = Recorder(client, service, name)
        _wire(recorders)
        stack.callback(users_app.dependency_overrides.clear)
        stack.callback(books_app.dependency_overrides.clear)
        for app in (users_app, books_app):
            stack.enter_context(accepting_tokens(app))
        yield Library(stack.enter_context(TestClient(users_app)), stack.enter_context(TestClient(books_app)), recorders)


def _wire(recorders: dict[str, Recorder]) -> None:
    tables = {service: Table(recorder.client, recorder.table) for service, recorder in recorders.items()}
    clock = Clock()
    used = users.dependencies
    users_app.dependency_overrides |= {
        used.user_repository: _always(DynamoUserRepository(tables["users"])),
        used.password_repository: _always(DynamoPasswordRepository(tables["users"])),
        used.failure_repository: _always(DynamoFailureRepository(tables["users"])),
        used.settings: _always(Settings(TABLE_NAME=recorders["users"].table, PUBLIC_USER_READ=True)),
        used.now: clock.__call__,
        used.random_bits: _always(lambda _bits: 0),
    }
    books_app.dependency_overrides |= {
        books.dependencies.book_repository: _always(DynamoBookRepository(tables["books"])),
        books.dependencies.loan_repository: _always(DynamoLoanRepository(tables["books"])),
        books.dependencies.now: clock.__call__,
        books.dependencies.random_bits: _always(lambda _bits: 0),
    }


def _always(thing: Any) -> Callable[[], Any]:
    async def dependency() -> Any:
        return thing

    return dependency
