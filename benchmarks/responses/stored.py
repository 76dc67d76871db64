"""The services' tables and secrets on moto, in this process."""

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from benchmarks.variables import service_variables
from common.dynamodb.table import Table
from monorepo.environment import secret_variable
from monorepo.services import services
from tests.support.filling import StoredItems, items_of, replace_items
from tests.support.moto_servers import aws_client, moto_in_this_process
from tests.support.profile import Store
from tests.support.tables import make_table
from tests.support.tokens import KEY


class Tables:
    """The tables of the services, restored before each request."""

    def __init__(self, client: Any, endpoint: str) -> None:
        self.endpoint = endpoint
        self._client = client
        self._names = {service.name: make_table(client, service.name) for service in services()}
        self._stored: dict[tuple[str, int], tuple[Store, StoredItems]] = {}

    def variables(self, service: str) -> Mapping[str, str]:
        """Return the variable that names the service's table."""
        return {"TABLE_NAME": self._names[service]}

    def add(self, name: str, item: Mapping[str, Any]) -> None:
        """Create a table for this item alone."""
        keys = {"pk": "HASH", "sk": "RANGE"}
        self._client.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys.items()],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
        )
        self._client.put_item(TableName=name, Item=dict(item))

    def restore(self, service: str, before: Store) -> None:
        """Store what a request needs, and nothing else."""
        name, key = self._names[service], (service, id(before))
        if key not in self._stored:
            replace_items(name, {})
            before(Table(self._client, name))
            # The function is kept, so that no other one gets its id.
            self._stored[key] = before, items_of(name)
        replace_items(name, self._stored[key][1])


@contextmanager
def tables_on_moto() -> Iterator[Tables]:
    """Yield tables of all services; their secrets hold the key of `tests.support.tokens`."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it writes a line for each request
    with moto_in_this_process() as environment:
        with aws_client("secretsmanager", environment) as client:
            keys = {
                service_variables(service)[secret_variable(secret)]: {f"{secret}_secret": KEY.value}
                for service in services()
                for secret in service.secrets
            }
            for name, key in keys.items():
                client.create_secret(Name=name, SecretString=json.dumps(key))
        with aws_client("dynamodb", environment) as client:
            yield Tables(client, environment["AWS_ENDPOINT_URL"])
