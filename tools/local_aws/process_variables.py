"""The environment variables of an execution environment's process.

Names and values: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html. Nothing of the host's own
environment is among them. Deviations: as a process cannot be given other mounts without privileges, folders are where
they were unpacked instead of /var/task, /opt and /var/runtime, and TMPDIR names the environment's own /tmp;
AWS_ENDPOINT_URL sends the SDK to the embedded control plane.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local_aws.deployment import Function


@dataclass(frozen=True, slots=True)
class Folders:
    """Where an environment finds what Lambda mounts: the function's code, its layers, the runtime, and /tmp."""

    task: Path
    opt: Path
    runtime: Path
    tmp: Path

    @property
    def import_path(self) -> list[str]:
        """The order in which Lambda's Python imports (https://docs.aws.amazon.com/lambda/latest/dg/python-package.html)."""
        python = self.opt / "python"
        return [str(folder) for folder in (self.task, python / "lib/python3.13/site-packages", python, self.runtime)]


def process_variables(
    function: Function,
    folders: Folders,
    *,
    runtime_api: str,
    xray_daemon: str,
    log_stream: str,
    control_plane: Mapping[str, str],
) -> dict[str, str]:
    """Join Lambda's defaults, the function's own variables, and those that Lambda reserves, in rising precedence."""
    defaults = {
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PATH": f"/usr/local/bin:/usr/bin:/bin:{folders.opt}/bin",
        "LD_LIBRARY_PATH": f"{folders.runtime}:{folders.task}:{folders.task}/lib:{folders.opt}/lib",
        "PYTHONPATH": str(folders.runtime),
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "TMPDIR": str(folders.tmp),
        "AWS_ENDPOINT_URL": control_plane["AWS_ENDPOINT_URL"],
    }
    reserved = {
        "_HANDLER": function.handler,
        "LAMBDA_TASK_ROOT": str(folders.task),
        "LAMBDA_RUNTIME_DIR": str(folders.runtime),
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": function.version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": function.logging.group,
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "AWS_REGION": function.region,
        "AWS_DEFAULT_REGION": function.region,
        "AWS_XRAY_DAEMON_ADDRESS": xray_daemon,
    }
    credentials = {
        name: control_plane[name]
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
        if name in control_plane
    }
    if function.logging.format == "JSON":
        reserved["AWS_LAMBDA_LOG_FORMAT"] = "JSON"
        reserved["AWS_LAMBDA_LOG_LEVEL"] = function.logging.application_level
    return defaults | dict(function.variables) | credentials | reserved
