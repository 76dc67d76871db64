"""An alias with two versions: which version gets a request, and what remains when the new one gets all of them."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from local_aws.apigateway.gateway import Live
from local_aws.apigateway.routing import Router
from local_aws.awslambda.pool import Pool
from local_aws.data_plane.reader import read_deployment
from local_aws.model.deployment import Deployment, Function, Shift
from tests.local_aws.apigateway.served import Applied, served, zipped
from tests.local_aws.data_plane.account import Account, a_zip
from tests.local_aws.zips import Zips, a_deployment, a_function

WHO = "def handler(event, context):\n    return {{'statusCode': 200, 'body': '{} ' + context.log_stream_name}}\n"


def shifted(first: Function, second: Function, weight: float) -> Deployment:
    """Return a deployment in which the second version gets that share."""
    return replace(a_deployment(first), shifts={first.arn: Shift(second, weight)})


def never_launched() -> Pool:
    async def launch(_kind: object) -> object:
        raise NotImplementedError

    return Pool(launch, timeout=1, concurrency=1)  # type: ignore[arg-type]


def test_weights_of_an_alias_are_read(account: Account) -> None:
    arn = account.function()
    second = account.lambda_.update_function_code(
        FunctionName="people", ZipFile=a_zip("main.py", "second"), Publish=True
    )["Version"]
    account.lambda_.update_alias(
        FunctionName="people", Name="live", RoutingConfig={"AdditionalVersionWeights": {second: 0.25}}
    )
    api = account.api()
    account.route(api, "$default", arn)
    account.stage(api)
    deployment = read_deployment(account.environment)
    shift = deployment.shifts[arn]
    assert deployment.functions[arn].version == "1"
    assert (shift.function.version, shift.function.arn, shift.weight) == ("2", arn, 0.25)
    assert shift.function.code != deployment.functions[arn].code


@pytest.mark.parametrize(("drawn", "version"), [(0.0, "8"), (0.09, "8"), (0.1, "7"), (0.99, "7")])
def test_draw_below_the_weight_takes_the_second_version(drawn: float, version: str) -> None:
    first = a_function()
    pools = never_launched(), never_launched()
    live = Live(
        shifted(first, replace(first, version="8"), 0.1),
        Router(()),
        pools={first.arn: pools[0]},
        shifted={first.arn: pools[1]},
        draw=lambda: drawn,
    )
    function, pool = live.choose(first.arn)
    assert function.version == version
    assert pool is pools[0 if version == "7" else 1]


def test_second_version_keeps_its_environments_when_it_gets_everything(zips: Zips, work: Path) -> None:
    async def run() -> None:
        first = a_function(code=zipped(zips, WHO.format("first")))
        second = replace(first, version="8", code=zipped(zips, WHO.format("second")))
        applied = Applied(shifted(first, second, 1.0))
        async with served(applied, work) as (plane, client):
            before = (await client.get("/")).text
            assert before.startswith("second ")
            applied.deployment = a_deployment(second)
            await plane.deploy()
            assert (await client.get("/")).text == before

    asyncio.run(run())
