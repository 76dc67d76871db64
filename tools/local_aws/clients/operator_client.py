"""AWS clients with the operator's access key, which is allowed everything on the control plane."""

import functools
import threading
from collections.abc import Mapping
from typing import Any

import boto3

_session = functools.cache(boto3.Session)  # Only one, because a session's service models take megabytes.
# https://docs.aws.amazon.com/boto3/latest/guide/clients.html#multithreading-or-multiprocessing-with-clients
_making = threading.Lock()


def operator_client(service: str, environment: Mapping[str, str], **settings: Any) -> Any:
    """Return a client of the control plane that `environment` (its AWS_* variables) names; safe with threads.

    `settings` are boto3's own, such as `config`.
    """
    with _making:
        return _session().client(
            service,
            endpoint_url=environment["AWS_ENDPOINT_URL"],
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=environment.get("AWS_SESSION_TOKEN"),
            region_name=environment["AWS_REGION"],
            **settings,
        )
