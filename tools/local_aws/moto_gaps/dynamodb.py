"""DynamoDB: moto 5.2.5 holds no lock, so two calls at once can both pass one condition, or undo each other's writes."""

import threading

from moto.core.common_types import TYPE_RESPONSE
from moto.dynamodb import urls
from moto.dynamodb.responses import DynamoHandler

_one_call_at_a_time = threading.Lock()


def apply() -> None:
    """Fill the gap for every server that this process starts afterwards."""
    for path in urls.url_paths:
        urls.url_paths[path] = AtomicHandler.dispatch


class AtomicHandler(DynamoHandler):
    """Every call is atomic, as DynamoDB promises for single items and for transactions."""

    def call_action(self) -> TYPE_RESPONSE:
        """Answer the call when no other one is being answered."""
        with _one_call_at_a_time:
            answer: TYPE_RESPONSE = super().call_action()
            return answer
