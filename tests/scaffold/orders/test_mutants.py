"""A defect in a new service is caught by a conformance test that names it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.scaffold.workshop import Workshop


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One defect.

    Attributes:
        file: The changed file of the service.
        before: A text in it.
        after: The replacement.
        caught: The test that fails, and the operation or service that its name contains.
        shown: A text of the failure.
    """

    file: str
    before: str
    after: str
    caught: str
    shown: str = ""


MUTANTS = {
    "scan": Mutant(
        file="repository.py",
        before="        found = self._table.listed(",
        after="        self._table._client.scan(TableName=self._table._name)  # noqa: SLF001\n"
        "        found = self._table.listed(",
        caught=r"test_case_makes_exactly_its_calls\[GET /api/v1/quaggas: full page\]",
    ),
    "missing metric": Mutant(
        file="operations.py",
        before=", counts=DomainMetric.QUAGGAS_CREATED",
        after="",
        caught=r"test_case_counts_exactly_the_domain_metric_of_its_row\[POST /api/v1/quaggas: new quagga\]",
    ),
    "e-mail address in a log line": Mutant(
        file="routes.py",
        before='    """Return one quagga."""\n',
        # Bypasses the logger, which hides addresses.
        after='    """Return one quagga."""\n    print("{\\"message\\": \\"ada@example.com\\"}")\n',
        caught=r"test_no_line_holds_an_email_address_or_a_token\[quaggas\]",
    ),
    "undeclared status": Mutant(
        file="routes.py",
        before=", responses=responses(QuaggaNotFound)",
        after="",
        caught=r"test_problem_of_a_case_is_declared\[GET /api/v1/quaggas/\{quagga_id\}: unknown quagga\]",
    ),
    "hidden route": Mutant(
        file="routes.py",
        before='@router.get("/{quagga_id:uuid}", responses',
        after='@router.delete("/{quagga_id}", include_in_schema=False)\n'
        "async def remove_quagga(quagga_id: QuaggaId) -> None:\n"
        '    """Let anyone remove a quagga."""\n\n\n'
        '@router.get("/{quagga_id:uuid}", responses',
        caught=r"test_routes_outside_the_openapi_document_serve_documented_operations\[quaggas\]",
        shown="OpenAPI does not show them: DELETE /api/v1/quaggas/{quagga_id}",
    ),
    "create without Idempotency-Key": Mutant(
        file="routes.py",
        before="    key: IdempotencyKey,\n",
        after="",
        caught=r"test_every_post_that_creates_declares_the_header_and_its_response\[quaggas\]",
        shown="let POST /api/v1/quaggas take common.http.idempotency.IdempotencyKey",
    ),
    "record that is not stored": Mutant(
        file="operations.py",
        before="quaggas.add(quagga, record(quagga))",
        after="quaggas.add(quagga)",
        caught=r"test_same_request_again_has_the_first_response_and_no_effect\[quaggas: POST /api/v1/quaggas\]",
    ),
    "unused grant": Mutant(
        file="service.yaml",
        before="    - dynamodb:GetItem\n",
        after="    - dynamodb:GetItem\n    - dynamodb:DeleteItem\n",
        caught=r"test_grants_are_exactly_the_actions_of_the_operations\[quaggas\]",
    ),
}


@pytest.fixture(scope="module")
def added(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    workshop = Workshop(tmp_path_factory.mktemp("mutants") / "clone")
    workshop.succeed("new", "--name", "quaggas")
    return workshop


@pytest.fixture(params=MUTANTS)
def mutant(request: pytest.FixtureRequest, added: Workshop) -> Iterator[Mutant]:
    """Apply the mutant until the test ends."""
    mutant = MUTANTS[request.param]
    path = added.root / "services/quaggas" / mutant.file
    text = path.read_text()
    assert text.count(mutant.before) == 1
    path.write_text(text.replace(mutant.before, mutant.after))
    yield mutant
    path.write_text(text)


def test_unchanged_service_passes(added: Workshop) -> None:
    added.module("pytest", "-q", "tests/conformance/in_process", "-k", "quaggas")


def test_mutant_is_caught(added: Workshop, mutant: Mutant) -> None:
    output = added.fail("pytest", "-q", "tests/conformance/in_process", "-k", "quaggas")
    assert re.search(rf"FAILED \S*{mutant.caught}", output), output[-3000:]
    assert mutant.shown in output, output[-3000:]
