from pathlib import Path

import pytest

from local_aws.awslambda.mounts import LAMBDA, Folders
from local_aws.awslambda.process_variables import process_variables
from local_aws.model.deployment import InitializationType
from tests.local_aws.zips import CREDENTIALS, a_function

ENDPOINT = "http://127.0.0.1:5000"
STREAM = "2026/11/21/[7]abc"


def made(own: dict[str, str], folders: Folders = LAMBDA, kind: InitializationType = "on-demand") -> dict[str, str]:
    return process_variables(
        a_function(variables=own),
        folders,
        kind=kind,
        runtime_api="127.0.0.1:9001",
        credentials_token="token",
        xray_daemon="127.0.0.1:2000",
        log_stream=STREAM,
        credentials=CREDENTIALS,
        endpoint=ENDPOINT,
    )


# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
def test_variables_have_the_documented_values() -> None:
    assert made({}) == {
        "AWS_ACCESS_KEY_ID": CREDENTIALS.access_key_id,
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ENDPOINT_URL": ENDPOINT,
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_FUNCTION_NAME": "echo",
        "AWS_LAMBDA_FUNCTION_VERSION": "7",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/echo",
        "AWS_LAMBDA_LOG_STREAM_NAME": STREAM,
        "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001",
        "AWS_REGION": "eu-central-1",
        "AWS_SECRET_ACCESS_KEY": CREDENTIALS.secret_access_key,
        "AWS_SESSION_TOKEN": CREDENTIALS.session_token,
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:2000",
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        "LAMBDA_TASK_ROOT": "/var/task",
        "LANG": "en_US.UTF-8",
        "LD_LIBRARY_PATH": "/var/runtime:/var/task:/var/task/lib:/opt/lib",
        "PATH": "/usr/local/bin:/usr/bin:/bin:/opt/bin",
        "PYTHONPATH": "/var/runtime",
        "TZ": ":UTC",
        "_HANDLER": "main.handler",
    }


def test_snapstart_has_no_credentials_in_variables() -> None:
    own = {"AWS_ACCESS_KEY_ID": "mine", "AWS_SECRET_ACCESS_KEY": "mine", "AWS_SESSION_TOKEN": "mine"}
    changed = made(own, kind="snap-start").items() - made({}).items()
    assert dict(changed) == {
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": "token",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:9001/2021-04-23/credentials",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start",
    }
    assert not set(own) & set(made(own, kind="snap-start"))


def test_function_may_set_unreserved_variables() -> None:
    own = {"TZ": "Europe/Berlin", "TABLE_NAME": "people", "_HANDLER": "mine", "LAMBDA_TASK_ROOT": "mine"}
    assert made(own) == made({}) | {"TZ": "Europe/Berlin", "TABLE_NAME": "people"}


def test_variables_have_the_real_paths_of_unmounted_folders() -> None:
    folders = Folders(Path("/w/task"), Path("/w/opt"), Path("/w/runtime"), Path("/w/tmp"))
    changed = {name: value for name, value in made({}, folders).items() if made({}).get(name) != value}
    assert changed == {
        "LAMBDA_RUNTIME_DIR": "/w/runtime",
        "LAMBDA_TASK_ROOT": "/w/task",
        "LD_LIBRARY_PATH": "/w/runtime:/w/task:/w/task/lib:/w/opt/lib",
        "PATH": "/usr/local/bin:/usr/bin:/bin:/w/opt/bin",
        "PYTHONPATH": "/w/runtime",
        "TMPDIR": "/w/tmp",
    }


@pytest.mark.parametrize(
    ("named", "found"),
    [
        ("/opt/python/roots.pem", "/w/opt/python/roots.pem"),
        ("/var/task/echo/roots.pem", "/w/task/echo/roots.pem"),
        ("/etc/roots.pem", "/etc/roots.pem"),
    ],
)
def test_certificates_are_found_in_unmounted_folders(named: str, found: str) -> None:
    folders = Folders(Path("/w/task"), Path("/w/opt"), Path("/w/runtime"), Path("/w/tmp"))
    assert made({"AWS_CA_BUNDLE": named})["AWS_CA_BUNDLE"] == named
    assert made({"AWS_CA_BUNDLE": named}, folders)["AWS_CA_BUNDLE"] == found
