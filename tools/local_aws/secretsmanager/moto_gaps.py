"""Secrets Manager: makes calls atomic.

moto 5.2.5 has no lock, so a secret that is read during its rotation may have no current value.
"""

import threading

from moto.core.common_types import TYPE_RESPONSE
from moto.secretsmanager import urls
from moto.secretsmanager.responses import SecretsManagerResponse

_one_call_at_a_time = threading.Lock()


def apply() -> None:
    """Fill the gap for every server that this process starts afterwards."""
    for path in urls.url_paths:
        urls.url_paths[path] = AtomicResponse.dispatch


class AtomicResponse(SecretsManagerResponse):
    """Every call is atomic."""

    def call_action(self) -> TYPE_RESPONSE:
        """Serve one call at a time."""
        with _one_call_at_a_time:
            answer: TYPE_RESPONSE = super().call_action()
            return answer
