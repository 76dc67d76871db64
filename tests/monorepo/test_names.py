"""No file outside a service's two folders names it, except changelog and decisions."""

import pytest

from monorepo.mentions import mentions
from monorepo.services import ROOT, services
from scaffold.checkout import Checkout

SERVICES = [service.name for service in services()]
TEXTS = list(Checkout(ROOT).texts())


@pytest.mark.parametrize("service", SERVICES)
def test_service_is_named_in_its_two_folders_only(service: str) -> None:
    assert list(map(str, mentions(service, SERVICES, TEXTS))) == []
