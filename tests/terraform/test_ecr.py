"""A repository of images, applied to the embedded AWS."""

import json
from typing import Any

from local_aws.terraform.stack import Stack
from tests.terraform.conftest import REPOSITORY


def test_repository_is_immutable_and_only_lambda_pulls(repositories: Stack, aws: Any) -> None:
    assert repositories.plan() is False
    [repository] = aws("ecr").describe_repositories(repositoryNames=[REPOSITORY])["repositories"]
    assert repository["imageTagMutability"] == "IMMUTABLE"
    assert repository["imageScanningConfiguration"] == {"scanOnPush": True}
    policy = json.loads(aws("ecr").get_repository_policy(repositoryName=REPOSITORY)["policyText"])
    [statement] = policy["Statement"]
    assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}
    assert statement["Condition"] == {
        "ArnLike": {"aws:SourceArn": "arn:aws:lambda:eu-central-1:123456789012:function:*"}
    }
