"""The services' journeys in TypeScript, with types by openapi-typescript and requests by openapi-fetch."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest

from local_aws.session import Session
from tests.conformance.found import profile
from tests.e2e.failures import new_number
from tests.support.deployed.signing import Signer
from tests.support.services import ALL, SERVICES, address

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

HERE = Path(__file__).parent
SHARED = ("package.json", "tsconfig.json", "api.ts")
JOURNEYS = {service: HERE.parent / service / "journeys" / "journey.ts" for service in SERVICES}
COMPILED = "compiled"
# Else every property with a default would have to be sent.
OPTIONS = ("--default-non-nullable=false",)


def node(work: Path, *command: str, **variables: str) -> None:
    """Run a command of Node.js in a folder. Fail with its output."""
    finished = subprocess.run(
        command, cwd=work, env=os.environ | variables, capture_output=True, text=True, timeout=120, check=False
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr


@pytest.fixture(scope="module")
def compiled(session: Session, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Generate the types of every service, check the journeys with them, and return the folder with the programs."""
    work = tmp_path_factory.mktemp("typescript")
    (work / "node_modules").symlink_to(HERE / "node_modules")
    for name in SHARED:
        shutil.copy(HERE / name, work)
    for service, journey in JOURNEYS.items():
        (work / service).mkdir()
        document = f"{session.url}{address(service)}/openapi.json"
        node(work, "node_modules/.bin/openapi-typescript", document, "--output", f"{service}/schema.ts", *OPTIONS)
        if journey.exists():
            shutil.copy(journey, work / service)
    node(work, "node_modules/.bin/tsc", "--outDir", COMPILED)
    return work


@pytest.mark.parametrize("service", [service for service, journey in JOURNEYS.items() if journey.exists()])
def test_journey(
    compiled: Path,
    session: Session,
    deployed_api: httpx2.Client,
    dynamodb: "DynamoDBClient",
    signer: Signer,
    service: str,
) -> None:
    found, scopes = profile(service), ALL[service].scopes

    def caller(*granted: str) -> str:
        number = new_number()
        subject = found.make(deployed_api, signer.bearer, number).subject
        for scope in granted:
            if found.grant:
                found.grant(dynamodb, number, scope)
        return signer.token(subject, *granted)

    tokens = {"CALLERS": json.dumps([caller(), caller()]), "ADMINISTRATOR": caller(*scopes)}
    node(compiled, "node", "--test", f"{COMPILED}/{service}/journey.js", API_URL=session.url, **tokens)


def test_every_document_has_types(compiled: Path) -> None:
    for service in SERVICES:
        assert "export interface paths" in (compiled / service / "schema.ts").read_text()
