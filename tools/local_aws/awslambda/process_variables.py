"""The environment variables of an execution environment's process.

Names and values: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html. The host's variables are
not passed on. Deviations: AWS_ENDPOINT_URL makes the SDK use the embedded control plane, two variables keep it from
reading the host's files, and if the folders could not be mounted, TMPDIR names the environment's own /tmp, and
AWS_CA_BUNDLE the file where it is. With SnapStart the
credentials come from the Runtime API instead, because a snapshot outlives them.
"""

import os
from pathlib import Path

from local_aws.awslambda.mounts import LAMBDA, Folders
from local_aws.awslambda.runtime_api import CREDENTIALS_PATH
from local_aws.iam.credentials import Credentials
from local_aws.model.deployment import Function, InitializationType


def process_variables(
    function: Function,
    folders: Folders,
    *,
    kind: InitializationType = "on-demand",
    runtime_api: str,
    credentials_token: str = "",
    xray_daemon: str,
    log_stream: str,
    credentials: Credentials,
    endpoint: str,
) -> dict[str, str]:
    """Return Lambda's defaults, the function's own variables, and those that Lambda reserves, in rising precedence."""
    defaults = {
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PATH": f"/usr/local/bin:/usr/bin:/bin:{folders.opt}/bin",
        "LD_LIBRARY_PATH": f"{folders.runtime}:{folders.task}:{folders.task}/lib:{folders.opt}/lib",
        "PYTHONPATH": str(folders.runtime),
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    if folders != LAMBDA:
        defaults["TMPDIR"] = str(folders.tmp)
    reserved = {
        "_HANDLER": function.handler,
        "LAMBDA_TASK_ROOT": str(folders.task),
        "LAMBDA_RUNTIME_DIR": str(folders.runtime),
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": function.version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        "AWS_LAMBDA_INITIALIZATION_TYPE": kind,
        "AWS_LAMBDA_LOG_GROUP_NAME": function.logging.group,
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "AWS_REGION": function.region,
        "AWS_DEFAULT_REGION": function.region,
        "AWS_XRAY_DAEMON_ADDRESS": xray_daemon,
    }
    if kind == "snap-start":
        reserved["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = f"http://{runtime_api}{CREDENTIALS_PATH}"
        reserved["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = credentials_token
        unset = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}
    else:
        reserved["AWS_ACCESS_KEY_ID"] = credentials.access_key_id
        reserved["AWS_SECRET_ACCESS_KEY"] = credentials.secret_access_key
        reserved["AWS_SESSION_TOKEN"] = credentials.session_token
        unset = set()
    if function.logging.format == "JSON":
        reserved["AWS_LAMBDA_LOG_FORMAT"] = "JSON"
        reserved["AWS_LAMBDA_LOG_LEVEL"] = function.logging.application_level
    own = {name: value for name, value in function.variables.items() if name not in unset}
    bundle = Path(own.get("AWS_CA_BUNDLE", ""))
    for mounted, folder in ((LAMBDA.opt, folders.opt), (LAMBDA.task, folders.task)):
        if bundle.is_relative_to(mounted):
            own["AWS_CA_BUNDLE"] = str(folder / bundle.relative_to(mounted))
    return defaults | own | reserved
