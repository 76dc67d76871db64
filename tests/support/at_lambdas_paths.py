"""Runs a program with the files of the packaged zips at Lambda's paths, as a function's process sees them."""

import subprocess
import zipfile
from pathlib import Path

from local_aws.awslambda.mounts import LAMBDA, Folders, can_mount, mounted
from local_aws.awslambda.process_variables import process_variables
from local_aws.awslambda.runtime_folder import base_interpreter
from local_aws.iam.credentials import Credentials
from local_aws.model.deployment import Archive, Function, Logging
from monorepo.environment import own_variables
from monorepo.services import services
from tests.support.function_variables import function_variables


class Unpacked:
    """The zips of a service, unpacked.

    Args:
        dist: The folder of the finished zips.
        service: The name of the service.
        folder: An empty folder.
    """

    def __init__(self, dist: Path, service: str, folder: Path) -> None:
        self._service = service
        self._folders = Folders(*(folder / name for name in ("task", "opt", "runtime", "tmp")))
        for path in (self._folders.runtime, self._folders.tmp):
            path.mkdir()
        for name, unpacked_at in ((service, self._folders.task), ("common-layer", self._folders.opt)):
            with zipfile.ZipFile(dist / f"{name}.zip") as archive:
                archive.extractall(unpacked_at)

    def run(self, program: str, *arguments: str) -> str:
        """Run a Python program with the function's import path and variables, and return what it prints.

        Raises:
            CalledProcessError: It failed.
        """
        mounts = can_mount(self._folders.task)
        seen = LAMBDA if mounts else self._folders
        command = [
            *(str(base_interpreter()), "-S", "-P", "-B", "-c"),
            f"import sys\nsys.path[:0] = {seen.import_path}\n{program}",
            *arguments,
        ]
        if mounts:
            command = mounted(command, self._folders, tmp_size=16)
        return subprocess.run(
            command, cwd=self._folders.task, env=self._variables(seen), capture_output=True, text=True, check=True
        ).stdout

    def _variables(self, seen: Folders) -> dict[str, str]:
        every = services()
        own = own_variables(next(one for one in every if one.name == self._service), every, "test")
        function = Function(
            name=self._service,
            version="1",
            arn=f"arn:aws:lambda:eu-central-1:123456789012:function:{self._service}",
            role="arn:aws:iam::123456789012:role/test",
            runtime="python3.13",
            handler=f"{self._service}.handler.handler",
            timeout=15,
            memory=1024,
            code=Archive("0" * 64, ""),
            layers=(),
            logging=Logging(group=f"/aws/lambda/{self._service}", format="JSON", application_level="TRACE"),
            variables=function_variables(self._service) | own,
        )
        return process_variables(
            function,
            seen,
            runtime_api="127.0.0.1:1",
            xray_daemon="127.0.0.1:2",
            log_stream="stream",
            credentials=Credentials("key", "secret", "token"),
            endpoint="http://127.0.0.1:1",
        )
