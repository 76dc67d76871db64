"""Lambda's entry point of the hook."""

import json
import logging
import os
from typing import Any

import boto3

from release_hook.hook import Hook

logging.getLogger().setLevel(logging.INFO)

_hook = Hook(boto3.client("codedeploy"), boto3.client("lambda"), json.loads(os.environ["PATHS"]))


def handler(event: dict[str, Any], _context: object) -> None:
    """Test the version that the deployment in the event releases, and report the result to CodeDeploy."""
    _hook.run(event["DeploymentId"], event["LifecycleEventHookExecutionId"])
