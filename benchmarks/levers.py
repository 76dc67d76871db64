"""What makes the product's cold start and warm requests short, and how each of these levers is taken away."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from benchmarks.copies import Copy

MODELS: Final = ("dynamodb/2012-08-10", "secretsmanager/2017-10-17")
COLD_START: Final = "common/cold_start.py"


def nothing(_: Copy) -> None:
    """Change no file."""


@dataclass(frozen=True, kw_only=True)
class Lever:
    """A lever.

    Attributes:
        name: For the table.
        without: Takes it away from a copy of the layer.
        variables: Take it away in the function's environment.
        warm: Whether it makes requests short as well, and not only the start.
    """

    name: str
    without: Callable[[Copy], None] = nothing
    variables: Mapping[str, str] = field(default_factory=dict)
    warm: bool = False


def _all_data_of_aws(copy: Copy) -> None:
    for package in ("botocore", "boto3"):
        copy.restore(package, f"{package}/data/*")
    _documented_models(copy)


def _documented_models(copy: Copy) -> None:
    for model in MODELS:
        for file in ("service-2", "endpoint-rule-set-1"):
            copy.restore("botocore", f"botocore/data/{model}/{file}.json.gz")
            copy.delete(f"botocore/data/{model}/{file}.json")


def _all_handlers(copy: Copy) -> None:
    clients = "common/aws_clients.py"
    copy.edit(clients, "Session(include_builtin_handlers=False)", "Session()")
    copy.edit(clients, "    registering = {", "    return\n    registering = {")


def _edit(path: str, before: str, after: str) -> Callable[[Copy], None]:
    return lambda copy: copy.edit(path, before, after)


LEVERS: Final = (
    Lever(
        name="models of the OpenAPI document are built when it is requested",
        without=_edit(COLD_START, 'models_built_when_used(), without("email_validator")', 'without("email_validator")'),
    ),
    Lever(
        name="the validator of e-mail addresses is imported when one is validated",
        without=_edit(COLD_START, 'models_built_when_used(), without("email_validator")', "models_built_when_used()"),
    ),
    Lever(
        name="nothing is collected in INIT, nor is what INIT has made",
        without=_edit(COLD_START, 'ON_LAMBDA = "LAMBDA_TASK_ROOT" in os.environ', "ON_LAMBDA = False"),
        warm=True,
    ),
    Lever(
        name="clients by botocore, without boto3",
        without=_edit(
            "common/aws_clients.py",
            "from botocore.session import Session",
            "from botocore.session import Session\nimport boto3\nimport boto3.dynamodb.conditions\n"
            "import boto3.dynamodb.types",
        ),
    ),
    Lever(
        name="one user agent for all requests to AWS",
        without=_edit(
            "common/aws_clients.py", "config=config.merge(Config(user_agent=_user_agent(made)))", "config=config"
        ),
        warm=True,
    ),
    Lever(name="botocore's handlers of the AWS services that are used", without=_all_handlers, warm=True),
    Lever(
        name="only a line that has something to hide is redacted",
        without=_edit(
            "common/telemetry/logs.py",
            "PLAIN.issuperset(map(type, log.values())) and not may_hide(line := super().serialize(log))",
            "False",
        ),
        warm=True,
    ),
    Lever(
        name="a route is analysed when a request matches it",
        without=_edit(
            "common/http/lazy_route.py",
            "        self._analysed = False\n\n    def __getattr__",
            '        self._analysed = False\n        getattr(self, "dependant")\n\n    def __getattr__',
        ),
    ),
    Lever(name="botocore's data of the AWS services that are used (contains the next two)", without=_all_data_of_aws),
    Lever(
        name="endpoints of the AWS services that are used",
        without=lambda copy: copy.restore("botocore", "botocore/data/endpoints.json"),
    ),
    Lever(name="models of AWS services without documentation", without=_documented_models),
    Lever(name="bytecode of the layer", without=lambda copy: copy.delete("**/*.pyc")),
    Lever(
        name="compiled regular expressions of the layer",
        without=lambda copy: copy.delete("common/compiled_regexes.bin"),
    ),
    Lever(name="no version 1 of pydantic", without=lambda copy: copy.restore("pydantic", "pydantic/v1/*")),
    Lever(name="Amazon's roots instead of all", variables={"AWS_CA_BUNDLE": ""}),
    Lever(name="own spans instead of the X-Ray SDK's", variables={"TRACING": "powertools"}, warm=True),
)
