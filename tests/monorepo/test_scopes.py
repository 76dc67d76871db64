"""The scopes in a service.yaml are those that the service's code checks."""

import ast
import re
from collections.abc import Iterator

import pytest

from monorepo.services import Service, services

SERVICES = services()
DECLARED = {scope for service in SERVICES for scope in service.scopes}
SCOPE = re.compile(rf"({'|'.join(service.name for service in SERVICES)}):[a-z][a-z_]*")


def scopes_in_code(service: Service) -> Iterator[str]:
    """Yield every scope in the modules of the service."""
    for path in service.folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and SCOPE.fullmatch(node.value):
                yield node.value


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_declared_scopes_are_those_of_the_code(service: Service) -> None:
    used = set(scopes_in_code(service))
    assert used <= DECLARED
    assert {scope for scope in used if scope.startswith(f"{service.name}:")} == set(service.scopes)
