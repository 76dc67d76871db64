"""Checks that must pass in a copy of this repository after any commands."""

import time
from pathlib import Path

import httpx2

from local_aws.session import Session
from monorepo.services import services
from tests.scaffold.workshop import Workshop
from tests.support.deployed.up import Up

# Suites that need Chromium, take hours, or run these commands themselves.
LEFT_OUT = {"scaffold", "chromium", "soak", "e2e", "pants", "terraform", "support"}
# The embedded AWS knows no service; these of its tests load what the services bring.
LOCAL_AWS = ("tests/local_aws/test_smoke.py", "tests/local_aws/test_dev.py", "tests/local_aws/test_demo_data.py")


def check_code(workshop: Workshop) -> None:
    """Run lint, types, and the fast suites that know the services."""
    names = [service.name for service in services(workshop.root)]
    workshop.module("ruff", "check", "--quiet", ".")
    workshop.module("ruff", "format", "--quiet", "--check", ".")
    workshop.module("mypy", "libs", "services", "tools", "tests", "build-support")
    suites = ("tests/common/architecture", "tests/conformance", *(f"tests/{name}" for name in names))
    workshop.module("pytest", "-q", *suites)


def check_other_suites(workshop: Workshop) -> None:
    """Run the fast suites that `check_code` leaves out."""
    names = {service.name for service in services(workshop.root)}
    rest = workshop.folders("tests") - names - LEFT_OUT - {"conformance", "local_aws", "__pycache__"}
    workshop.module("pytest", "-q", *sorted(f"tests/{name}" for name in rest), *LOCAL_AWS)


def check_terraform(workshop: Workshop) -> None:
    """Validate and test the Terraform code, as `make test-terraform` does."""
    workshop.module("local_aws.terraform.stack", "init", "validate", "test")
    workshop.module("pytest", "-q", "tests/terraform")


def check_served(workshop: Workshop, work: Path) -> None:
    """Package with Pants, apply, and send requests to each service."""
    started = time.monotonic()
    with Up(work, root=workshop.root) as up:
        up.wait_for("Serving on")
        with httpx2.Client(base_url=Session.read(work).url, timeout=30) as api:
            documented = api.get("/docs").text
            for service in services(workshop.root):
                health = api.get(f"{service.paths[0]}/health")
                assert (health.status_code, health.json()["service"]) == (200, service.name)
                # Any of these status codes comes from the service's own code, not from an error in INIT.
                assert api.get(service.paths[0]).status_code in {200, 401, 403}
                assert f"{service.paths[0]}/openapi.json" in documented
        assert up.end() == 0
    print(f"{time.monotonic() - started:7.1f} s  up, and requests to each service", flush=True)
