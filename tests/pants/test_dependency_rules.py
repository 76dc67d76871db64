"""Pants reports each import that the rules in //BUILD deny, tested in a copy of the repository."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COPIED = ["3rdparty", "BUILD", "build-support", "libs", "pants.pypi.toml", "pants.toml", "product.json", "services"]
COPIED += ["tests", "tools"]
FRAMEWORKS = {
    "aws_lambda_powertools": "aws-lambda-powertools",
    "aws_xray_sdk.core": "aws-lambda-powertools",
    "boto3": "boto3",
    "botocore.config": "boto3",
    "fastapi": "fastapi",
    "mangum": "mangum",
    "pydantic": "pydantic",
    "starlette.types": "fastapi",
}
# The file that gets the import, the import, and the dependency that Pants must report.
DENIED = [
    ("services/stock/routes.py", "orders.domain", "services/orders/domain.py"),
    ("services/orders/handler.py", "stock.domain", "services/stock/domain.py"),
    ("services/orders/app.py", "local_aws.terraform.stack", "tools/local_aws/terraform/stack.py"),
    ("services/orders/schemas.py", "orders.repository", "services/orders/repository.py"),
    ("services/stock/loan_schemas.py", "stock.loan_operations", "services/stock/loan_operations.py"),
    ("services/orders/repository.py", "common.http.application", "libs/common/http/application.py"),
    ("services/stock/loans.py", "stock.loan_repository", "services/stock/loan_repository.py"),
    ("services/stock/domain.py", "stock.schemas", "services/stock/schemas.py"),
    ("services/stock/loan_repository.py", "stock.loan_routes", "services/stock/loan_routes.py"),
    ("services/stock/settings.py", "tests.support.racing", "tests/support/racing.py"),
    ("services/orders/routes.py", "orders.commands.scopes", "services/orders/commands/scopes.py"),
    ("services/orders/commands/scopes.py", "stock.domain", "services/stock/domain.py"),
    ("libs/common/dynamodb/items.py", "orders.domain", "services/orders/domain.py"),
    ("libs/common/failures.py", "stock.app", "services/stock/app.py"),
    ("libs/common/http/problems.py", "moto", "3rdparty/python:dev#moto"),
    ("tools/local_aws/terraform/stack.py", "orders.domain", "services/orders/domain.py"),
    ("tools/local_aws/apigateway/gateway.py", "common.failures", "libs/common/failures.py"),
    *(
        # One service per module, because Pants names the distribution and several modules share one.
        (f"services/with_{module.partition('.')[0]}/domain.py", module, f"3rdparty/python:runtime#{distribution}")
        for module, distribution in FRAMEWORKS.items()
    ),
]


def with_import(source: str, module: str) -> str:
    """Return the source with one more import at the top. Pants 2.18 misses imports after a generic class (PEP 695)."""
    opening, docstring, rest = source.split('"""', 2)
    assert opening == "", opening
    return f'"""{docstring}"""\nimport {module}\n{rest}'


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the output of Pants for a repository with every denied import."""
    root = tmp_path_factory.mktemp("repository")
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, root / name)
    # Installed once for the real tree and the copy.
    (ROOT / ".pants.pypi").mkdir(exist_ok=True)
    (root / ".pants.pypi").symlink_to(ROOT / ".pants.pypi")
    for name, module, dependency in DENIED:
        for path in (root / name, root / dependency):
            if path.suffix == ".py" and not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                (path.parent / "BUILD").write_text("python_sources()\n")
                path.write_text('"""A module."""\n')
        (root / name).write_text(with_import((root / name).read_text(), module))
    command = ["build-support/pants", "--no-pantsd", "lint", "--only=visibility", "libs::", "services::", "tools::"]
    finished = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, timeout=900)
    assert finished.returncode == 1, finished.stderr
    return finished.stdout + finished.stderr


@pytest.mark.parametrize(("origin", "module", "dependency"), DENIED, ids=lambda value: str(value).replace("/", "."))
def test_pants_reports_denied_import(report: str, origin: str, module: str, dependency: str) -> None:
    # The name of a target from a parent folder's BUILD file ends with the name of that folder.
    named = r"(:[./\w]+)?"
    denied = rf": DENY\n\s+\w+ {re.escape(origin)}{named} -> \w+ {re.escape(dependency)}{named}\n"
    assert re.search(denied, report), module


def test_pants_reports_no_other_import(report: str) -> None:
    assert len(re.findall(r": DENY\n", report)) == len(DENIED)
