"""The embedded AWS's DynamoDB in the process of the tests: a server took most of the time of the contract suites."""

import atexit
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from botocore import UNSIGNED
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from moto.core.botocore_stubber import MockRawResponse
from moto.core.request import normalize_request

from local_aws.dynamodb import moto_gaps
from tests.support.mocked_aws import new_session

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Neither a signature nor the names of botocore's features are tested, and they take as long as the call.
_CONFIG = Config(signature_version=UNSIGNED, user_agent="tests")


def moto_client() -> "DynamoDBClient":
    """Return a client whose calls moto serves, with the gaps of DynamoDB filled as in the embedded AWS."""
    client: DynamoDBClient = new_session().client("dynamodb", region_name="eu-central-1", config=_CONFIG)
    # As with a server, a thread waits in each call, so concurrent operations take turns with every call.
    server = ThreadPoolExecutor(1)
    atexit.register(server.shutdown)
    client.meta.events.register("before-send.dynamodb", lambda request, **_: server.submit(_served, request).result())
    return client


def _served(request: AWSPreparedRequest) -> Any:
    call = normalize_request(request)
    status, headers, body = moto_gaps.AtomicHandler.dispatch(call, call.raw_url, call.headers)
    return AWSResponse(request.url, status, headers, MockRawResponse(body))
