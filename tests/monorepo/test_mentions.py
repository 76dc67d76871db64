"""Which lines name a service, and which only contain its name as a word."""

import pytest

from monorepo.mentions import EXAMPLES, NOT_SEARCHED, WITH_EXAMPLES, mentions
from monorepo.product import product

PRODUCT = product().name


def found(path: str, line: str, name: str = "events") -> list[str]:
    return [str(mention) for mention in mentions(name, ["events", "zebras", name], [(path, f"\n{line}\n")])]


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("tests/e2e/test_api.py", 'SERVICES = ["events", "zebras"]'),
        ("tests/e2e/test_api.py", "SERVICES = ('zebras', 'events')"),
        ("tests/e2e/test_api.py", 'SERVICES = ["events"]'),
        ("tests/e2e/test_api.py", 'key_schema("events")'),
        ("tests/e2e/test_api.py", 'api.get("/api/v1/events")'),
        ("tests/e2e/test_api.py", 'api.get(f"/api/v1/events/{one}")'),
        ("tests/e2e/test_api.py", 'bearer(1, "events:admin")'),
        ("tests/e2e/test_api.py", "from events.domain import Event"),
        ("tests/e2e/test_api.py", "    from events import routes"),
        ("tests/e2e/test_api.py", "import events.app"),
        ("tests/e2e/test_api.py", "import events"),
        ("tests/e2e/test_api.py", "from tests.events.profile import EVENT"),
        ("tests/e2e/test_api.py", '"events.handler"'),
        ("tests/e2e/test_api.py", f'TABLE = "{PRODUCT}-dev-events"'),
        ("tests/e2e/test_api.py", f'TABLE = f"{PRODUCT}-{{environment}}-events"'),
        ("services/zebras/service.yaml", "# See services/events/service.yaml."),
        ("Makefile", "test: test-events test-common"),
        ("Makefile", "SERVICES := zebras events"),
        ("README.md", "Two services, events and zebras, are included."),
        ("README.md", "The services are zebras, events."),
        ("docs/runbook.md", "The service `events` stores them in services/events."),
        ("terraform/main.tf", 'service = "events"'),
    ],
)
def test_identifying_form_is_found(path: str, line: str) -> None:
    assert found(path, line) == [f"{path}:2: {line.strip()}"]


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("docs/runbook.md", "Lambda sends its events to a log group."),
        ("docs/runbook.md", "aws logs filter-log-events"),
        ("docs/runbook.md", "https://docs.aws.amazon.com/boto3/latest/guide/events.html"),
        ("libs/common/auth/keys.py", 'response["events"]'),
        ("libs/common/auth/keys.py", 'logs.filter_log_events(group)["events"]'),
        ("libs/common/auth/keys.py", 'response.get("events", ())'),
        ("libs/common/auth/keys.py", "events: list[str] = [event for event in events]"),
        ("libs/common/auth/keys.py", "from local_aws.apigateway import events"),
        ("libs/common/auth/keys.py", "from events of one request, not of another"),
        ("libs/common/auth/keys.py", '"""Return `events` in their order."""'),
        ("libs/common/auth/keys.py", "events.append(one)"),
        ("libs/common/auth/keys.py", '"/api/v1/eventsource"'),
        ("services/events/domain.py", 'NAME = "events"'),
        ("tests/events/profile.py", 'NAME = "events"'),
        *((f"{path}x" if path.endswith("/") else path, 'NAME = "events"') for path in NOT_SEARCHED),
    ],
)
def test_word_is_not_found(path: str, line: str) -> None:
    assert found(path, line) == []


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_example_is_found_only_where_it_is_not_made_up(name: str) -> None:
    line = f'NAME = "{name}"'
    assert [found(path, line, name) for path in WITH_EXAMPLES] == [[]] * len(WITH_EXAMPLES)
    assert len(found("tests/e2e/test_api.py", line, name)) == 1
    assert len(found("libs/common/auth/keys.py", line, name)) == 1


@pytest.mark.parametrize("path", WITH_EXAMPLES)
def test_other_name_is_found_where_examples_are_made_up(path: str) -> None:
    assert len(found(path, 'NAME = "events"')) == 1
