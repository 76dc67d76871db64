"""How a predefined configuration shifts the traffic of a Lambda function.

https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html.
"""

import re
from typing import NamedTuple

_CANARY = re.compile(r"CodeDeployDefault\.LambdaCanary10Percent(5|10|15|30)Minutes")
_LINEAR = re.compile(r"CodeDeployDefault\.LambdaLinear10PercentEvery(1|2|3|10)Minutes?")


class Step(NamedTuple):
    """The share of the traffic (0 to 1) that the new version gets, and the minutes until the next step."""

    weight: float
    minutes: int


def steps(configuration: str) -> list[Step] | None:
    """Return the steps of a configuration; None if Lambda has none of that name. The last one has all the traffic."""
    if configuration == "CodeDeployDefault.LambdaAllAtOnce":
        return [Step(1.0, 0)]
    if match := _CANARY.fullmatch(configuration):
        return [Step(0.1, int(match[1])), Step(1.0, 0)]
    if match := _LINEAR.fullmatch(configuration):
        return [*(Step(tenths / 10, int(match[1])) for tenths in range(1, 10)), Step(1.0, 0)]
    return None
