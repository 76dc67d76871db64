"""The subjects: every service as it is packaged, and other ways to serve the same kind of request."""

import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.certificates import make_authority
from benchmarks.inside.adapter import PORT
from benchmarks.inside.names import HANDLER
from benchmarks.layers import peers_layer, peers_task
from benchmarks.process import ROOT, WORK, Subject, unpacked
from benchmarks.responses.corpus import credentials, event
from benchmarks.responses.stored import Tables, tables_on_moto
from benchmarks.store import Store, serving
from benchmarks.variables import TOKENS, lambda_variables, service_variables
from tests.conformance.found import DESCRIBED, ROWS, Row, profile, service_file
from tests.conformance.wire import Request
from tests.support.function_variables import function_variables
from tests.support.profile import Operation

PEOPLE: Final = "people"  # the table of the peers
TWO_ROUTES: Final = "two_routes"  # the module on `common`
PERSON: Final = {
    "pk": {"S": "PERSON#1"},
    "sk": {"S": "PERSON"},
    "list": {"S": "PEOPLE"},
    "position": {"S": "0000000000000001"},
    "id": {"N": "1"},
    "email": {"S": "cto@example.com"},
    "username": {"S": "chief-tech"},
    "is_active": {"BOOL": True},
    "created_at": {"S": "2026-01-01T00:00:00Z"},
    "version": {"N": "1"},
}
_CERTIFICATES: Final = "AWS_CA_BUNDLE"


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A subject with its request.

    Attributes:
        subject: The function.
        new_event: Returns the event of the request, which is a GET of one item by its key. A token in it is new,
            because tokens are valid for less time than all measurements take.
        telemetry: Whether each sampled request must leave a span, a log line and metrics.
    """

    subject: Subject
    new_event: Callable[[], str]
    telemetry: bool = False

    @property
    def event(self) -> str:
        """The event of the request."""
        return self.new_event()

    @property
    def name(self) -> str:
        """The subject's name."""
        return self.subject.name

    def answered(self) -> "Measured":
        """Return the same with its calls to AWS answered in the process."""
        subject = replace(self.subject, path=[*self.subject.path, ROOT])
        if PORT in subject.variables:
            arguments = [subject.module, *subject.arguments]
            changed = replace(subject, module="benchmarks.inside.answered", arguments=arguments)
            return replace(self, subject=changed)
        [handler] = subject.arguments
        timed = replace(self, subject=replace(subject, arguments=["benchmarks.inside.timed.handler"]))
        return timed.with_variables(**{HANDLER: handler})

    def with_variables(self, **variables: str) -> "Measured":
        """Return the same with further variables."""
        return replace(self, subject=replace(self.subject, variables={**self.subject.variables, **variables}))


@dataclass(frozen=True)
class Bench:
    """Makes subjects, on a store that holds what their requests read."""

    store: Store
    tables: Tables
    authority: bytes
    folder: Path

    def service(self, name: str, dist: Path, label: str = "") -> Measured:
        """Return a service from a folder of zips."""
        service = service_file(name)
        own = {**service_variables(service), **TOKENS, **self.tables.variables(name)}
        handler = f"{name}.handler.handler"
        subject = Subject(
            name=f"{name}{label}",
            task=unpacked(dist / f"{name}.zip"),
            opt=unpacked(dist / "common-layer.zip"),
            arguments=[handler],
            variables=self._variables(handler, own),
        )
        return Measured(subject=subject, new_event=lambda: event(request_of(name), 1), telemetry=True)

    def services(self, dist: Path, label: str = "") -> list[Measured]:
        """Return every service that has a GET, from a folder of zips."""
        return [self.service(name, dist, label) for name in DESCRIBED if reads(ROWS, name)]

    def peer(self, name: str, module: str, opt: Path | None = None, *, bytecode: bool = True) -> Measured:
        """Return a module of `benchmarks/peers`, on the peers' layer or on another one."""
        on_common = module == TWO_ROUTES
        own = {**function_variables(PEOPLE), "TABLE_NAME": PEOPLE, "SERVICES": "{}", "JWT_SECRET_ID": "none"}
        if opt is None:
            del own[_CERTIFICATES]  # of the product's layer
        handler = f"{module}.handler"
        subject = Subject(
            name=name,
            task=peers_task(bytecode=bytecode),
            opt=opt or peers_layer(bytecode=bytecode),
            arguments=[handler],
            # With TRACE, as Terraform sets it for our logger, the runtime's would write every debug line of botocore.
            variables=self._variables(handler, own, log_level="TRACE" if on_common else "INFO"),
        )
        request = event(Request("GET", "/api/v1/people/1"), 1)
        return Measured(subject=subject, new_event=lambda: request, telemetry=on_common)

    def web(self, name: str) -> Measured:
        """Return the web server."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = str(server.getsockname()[1])
        measured = self.peer(name, "web").with_variables(**{PORT: port})
        arguments = (
            "web:app",
            "--port",
            port,
            "--log-level",
            "warning",
            "--no-access-log",
            "--timeout-keep-alive",
            "600",
        )
        return replace(measured, subject=replace(measured.subject, module="uvicorn", arguments=arguments))

    def _variables(self, handler: str, own: Mapping[str, str], log_level: str = "TRACE") -> dict[str, str]:
        return lambda_variables(
            handler, own, endpoint=self.store.http, xray_daemon=self.store.xray_daemon, log_level=log_level
        )

    def over_https(self, measured: Measured) -> Measured:
        """Return the same over HTTPS: the authority is one more in the bundle that the subject loads in production."""
        subject = measured.subject
        source = subject.opt / "python" / "botocore" / "cacert.pem"
        if bundle := subject.variables.get(_CERTIFICATES):
            named = subject.opt / Path(bundle).relative_to("/opt")
            source = named if named.exists() else source  # A layer from before the setting has none.
        target = self.folder / f"{sha256(str(source).encode()).hexdigest()[:16]}.pem"
        target.write_bytes(source.read_bytes() + b"\n" + self.authority)
        return measured.with_variables(AWS_ENDPOINT_URL=self.store.https, **{_CERTIFICATES: str(target)})


def reads(rows: Sequence[Row], service: str) -> list[Operation]:
    """Return the service's GETs, the best to measure first: public before private, with a key before without one."""
    found = [row.operation for row in rows if row.service == service and row.operation.method == "GET"]
    return sorted(found, key=lambda each: (bool(each.environment), not each.access.public, "{" not in each.path))


def request_of(service: str, rows: Sequence[Row] = ROWS) -> Request:
    """Return the request by which a service is measured, with a token if it has no public GET."""
    operation = reads(rows, service)[0]
    sender = operation.sender(operation.cases[0])
    headers = {} if operation.access.public else credentials(service, sender, int(time.time()))
    return Request("GET", operation.path.format(**profile(service).parameters), tuple(headers.items()))


@contextmanager
def bench() -> Iterator[Bench]:
    """Yield what makes subjects; the store holds what each profile stores before a request."""
    WORK.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(dir=WORK)))
        authority, tls = make_authority(folder)
        tables = stack.enter_context(tables_on_moto())
        store = stack.enter_context(serving(tables.endpoint, tls))
        for service in DESCRIBED:
            tables.restore(service, profile(service).before)
        tables.add(PEOPLE, PERSON)
        yield Bench(store, tables, authority, folder)


def default_subjects(made: Bench, dist: Path) -> list[Measured]:
    """Return every subject that is compared."""
    layer = unpacked(dist / "common-layer.zip")
    return [
        *made.services(dist),
        made.peer("two routes on our layer", TWO_ROUTES, layer),
        made.peer("blueprint as shipped", "blueprint", bytecode=False),
        made.peer("blueprint with bytecode", "blueprint"),
        made.peer("resolver", "resolver"),
        made.peer("bare FastAPI", "bare"),
        made.web("web adapter"),
        made.peer("floor", "floor"),
        made.peer("lean floor", "floor", layer),
    ]
