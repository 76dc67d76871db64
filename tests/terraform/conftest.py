"""One applied stack for all Terraform tests, because applying takes most of their time."""

import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from local_aws.terraform.stack import Stack
from tests.support.applied_stack import ROOT, Applied, applied_stack
from tests.support.moto_servers import aws_client

REPOSITORY = "shop/orders"
FIRST = "test_from_sam.py"
DESTROYS = "test_destroy_leaves_nothing_and_needs_no_zips"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # The page's values are those of the first apply, which later tests change; the test that destroys the stack runs
    # last. The sort is stable, so all others keep their order.
    own = [item for item in items if item.path.parent == Path(__file__).parent]
    items.sort(key=lambda item: (item not in own or item.path.name != FIRST, item in own and item.name == DESTROYS))


@pytest.fixture(scope="session")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Applied]:
    with applied_stack(tmp_path_factory.mktemp("stack")) as stack:
        yield stack


@pytest.fixture(scope="session")
def repositories(applied: Applied, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Apply the module of repositories in a root of its own, as the bootstrap does."""
    root = tmp_path_factory.mktemp("repositories")
    for name in ("backend.tf", ".terraform.lock.hcl"):
        shutil.copy(ROOT / name, root)
    source = json.dumps(str(ROOT / "modules/ecr"))
    (root / "main.tf").write_text(f'module "ecr" {{\n  source = {source}\n  name   = "{REPOSITORY}"\n}}\n')
    stack = Stack(root, root / "work", applied.environment)
    stack.init()
    stack.apply()
    yield stack
    stack.destroy()


@pytest.fixture
def aws(applied: Applied) -> Any:
    """Return clients by name: `aws("lambda")`."""
    with ExitStack() as open_clients:
        yield lambda service: open_clients.enter_context(aws_client(service, applied.environment))
