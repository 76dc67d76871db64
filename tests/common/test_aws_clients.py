"""Clients of AWS services: the same requests as boto3's, apart from the user agent."""

import gzip
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import botocore
import pytest
from botocore import handlers
from botocore.awsrequest import AWSPreparedRequest
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError
from botocore.session import Session
from botocore.utils import hyphenize_service_id

from common import aws_clients
from common.aws_clients import make_client

TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
CALLS: dict[str, Callable[[Any], Any]] = {
    "dynamodb": lambda client: client.get_item(TableName="table", Key={"pk": {"S": "A"}}),
    "secretsmanager": lambda client: client.get_secret_value(SecretId="jwt", VersionStage="AWSCURRENT"),
    # botocore has handlers of its own for each of these.
    "s3": lambda client: client.copy_object(Bucket="bucket", Key="a b", CopySource={"Bucket": "other", "Key": "ä"}),
    "sns": lambda client: client.publish(TopicArn="arn:aws:sns:eu-central-1:123456789012:topic", Message="text"),
    "lambda": lambda client: client.invoke(FunctionName="function", Payload=b"{}"),
    # The names of these events are not those of the services.
    "apigateway": lambda client: client.get_rest_apis(),
    "autoscaling": lambda client: client.create_launch_configuration(LaunchConfigurationName="a", UserData="text"),
    "cloudsearchdomain": lambda client: client.search(query="text"),
    "machinelearning": lambda client: client.predict(
        MLModelId="model", Record={}, PredictEndpoint="https://predict.example.com"
    ),
    "route53": lambda client: client.get_hosted_zone(Id="/hostedzone/Z1"),
}


@pytest.fixture(autouse=True)
def _lambda_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "function")
    monkeypatch.setenv("_X_AMZN_TRACE_ID", TRACE)
    aws_clients.session.cache_clear()


def sent(client: Any, call: Callable[[Any], Any]) -> AWSPreparedRequest:
    """Return the request that a call would send."""
    requests: list[AWSPreparedRequest] = []

    def fail(request: AWSPreparedRequest, **_: object) -> None:
        requests.append(request)
        raise EndpointConnectionError(endpoint_url=request.url)

    client.meta.events.register("before-send", fail)
    with pytest.raises(EndpointConnectionError):
        call(client)
    client.meta.events.unregister("before-send", fail)
    return requests[0]


def shown(request: AWSPreparedRequest) -> tuple[str, str, Any, dict[str, str]]:
    """Return a request without what differs from one call to the next."""
    changing = {"amz-sdk-invocation-id", "authorization", "user-agent", "x-amz-date", "x-amz-user-agent"}
    headers = {name.lower(): str(value) for name, value in request.headers.items() if name.lower() not in changing}
    return request.method, request.url, request.body, headers


@pytest.mark.parametrize("service", CALLS)
def test_request_is_the_one_that_boto3_would_send(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    config = Config(retries={"total_max_attempts": 1})
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDSEARCH_DOMAIN", "https://search.example.com")
    ours = sent(make_client(service, config), CALLS[service])
    theirs = sent(boto3.client(service, config=config), CALLS[service])
    assert shown(ours) == shown(theirs)
    # Lambda stops functions that call each other without end by this header.
    trace: Any = ours.headers["X-Amzn-Trace-Id"]
    assert trace.decode() == TRACE


def test_user_agent_names_the_sdk_and_is_the_same_in_every_request() -> None:
    client = make_client("dynamodb", Config(retries={"total_max_attempts": 1}))
    first, second = (sent(client, CALLS["dynamodb"]).headers["User-Agent"] for _ in range(2))
    assert first == second
    assert "Botocore/" in str(first)


@pytest.mark.parametrize("application", ["shop", "shop #1"])
def test_user_agent_names_the_application(monkeypatch: pytest.MonkeyPatch, application: str) -> None:
    monkeypatch.setenv("AWS_SDK_UA_APP_ID", application)
    config = Config(retries={"total_max_attempts": 1})
    clients = make_client("dynamodb", config), boto3.client("dynamodb", config=config)
    agents = [str(sent(client, CALLS["dynamodb"]).headers["User-Agent"]) for client in clients]
    ours, theirs = (re.findall(r"app/\S+", agent) for agent in agents)
    assert ours == theirs
    assert len(ours) == 1


def test_every_handler_of_botocore_is_that_of_a_service() -> None:
    registered: list[tuple[str, object]] = []

    class Events:
        """Records what is registered."""

        def register(self, event: str, handler: object) -> None:
            registered.append((event, handler))

        register_first = register_last = register

    class Recording(Session):
        """A session whose events are recorded."""

        def get_component(self, name: str) -> Any:
            return Events() if name == "event_emitter" else super().get_component(name)

    # Parsing the models would take seconds.
    models = Path(botocore.__file__).parent.glob("data/*/*/service-2.json.gz")
    heads = [gzip.decompress(model.read_bytes())[:4096] for model in models]
    found = {match[1].decode() for head in heads if (match := re.search(rb'"serviceId":\s*"([^"]+)"', head))}
    assert len(found) > 300
    recording = Recording(include_builtin_handlers=False)
    for service in {"*", *(hyphenize_service_id(each) for each in found)}:
        aws_clients._register_handlers(recording, service)
    every = [(event, handler) for event, handler, *_ in handlers.BUILTIN_HANDLERS if not event.startswith("docs.")]
    assert len(registered) == len(every)
    assert all(each in registered for each in every)


def test_service_without_data_in_the_layer_is_named() -> None:
    with pytest.raises(RuntimeError, match=r"service nothing: add it to aws_services in build-support/layer\.toml"):
        make_client("nothing", Config())
