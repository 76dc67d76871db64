"""Send the same requests to two folders of zips, and compare the responses: `make bench-responses`.

Both sets read and write the same tables of moto, which are restored before each request. The clock, the random bytes
and the versions of the functions are frozen, so that times, ids and versions are equal too. Status, headers, cookies
and the bytes of the body are compared. The exit status is 1 if any response differs.
"""

import argparse
import itertools
import json
import os
import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from benchmarks.process import ROOT, WORK, Launched, Subject, require_mounts, unpacked
from benchmarks.progress import Progress
from benchmarks.responses.corpus import Asked, corpus, environments, event
from benchmarks.responses.response import Response
from benchmarks.responses.stored import Tables, tables_on_moto
from benchmarks.variables import TOKENS, lambda_variables, service_variables
from monorepo.services import Service
from tests.conformance.found import DESCRIBED, service_file
from tests.conformance.wire import Request
from tests.support.profile import NOW

PACKAGES: Final = ROOT / "benchmarks" / ".venv" / "lib" / "python3.13" / "site-packages"
TRACE: Final = "Root=1-5759e988-#;Parent=53995c3f42cd8ad8;Sampled=0"
SHOWN: Final = 20


def frozen_folder() -> Path:
    """Return a folder with time_machine, and with nothing else that a process could import."""
    folder = WORK / "frozen"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(PACKAGES / "time_machine", folder / "time_machine")
    for file in PACKAGES.glob("_time_machine*"):
        shutil.copy(file, folder)
    return folder


def with_equal_version(task: Path) -> Path:
    """Return a copy of a service's code with a version that is not made of its content, as responses show it."""
    target = task.with_name(f"{task.name}-compared")
    if not target.exists():
        shutil.copytree(task, target, copy_function=os.link)
        for file in target.glob("*/version.txt"):
            file.unlink()
            file.write_text("0.0.0")
    return target


def subject(service: Service, folder: Path, variables: Mapping[str, str], endpoint: str, frozen: Path) -> Subject:
    """Return the function of a folder of zips, which runs at the time NOW."""
    own = {**service_variables(service), **TOKENS, **variables}
    handler = f"{service.name}.handler.handler"
    process = lambda_variables(handler, own, endpoint=endpoint, xray_daemon="127.0.0.1:9")
    return Subject(
        name=f"{folder} {service.name}",
        task=with_equal_version(unpacked(folder / f"{service.name}.zip")),
        opt=unpacked(folder / "common-layer.zip"),
        arguments=[handler],
        variables=process | {"BENCHMARKS_NOW": NOW.isoformat()},
        module="benchmarks.inside.frozen",
        path=[ROOT, frozen],
    )


def compared(
    service: Service, folders: list[Path], environment: Mapping[str, str], tables: Tables, every: int = 1
) -> Iterator[tuple[Asked, Response, str]]:
    """Yield each request to the service, its response before, and how that after differs.

    Args:
        service: The service.
        folders: Of the zips before and after.
        environment: Variables of the service, where they are not the local ones.
        tables: What the functions read and write.
        every: Send one of so many requests.
    """
    variables, frozen = {**environment, **tables.variables(service.name)}, frozen_folder()
    with ExitStack() as stack:
        subjects = [subject(service, folder, variables, tables.endpoint, frozen) for folder in folders]
        launched = [stack.enter_context(Launched(each)) for each in subjects]
        for each in launched:
            each.start()
        asked_first = event(Request("GET", f"{service.paths[0]}/openapi.json"), 0)
        document = json.loads(_response(launched[0], asked_first).body)
        requests = corpus(service.name, environment, document)
        for number, asked in enumerate(itertools.islice(requests, 0, None, every)):
            responses = []
            for each in launched:
                tables.restore(service.name, asked.before)
                responses.append(_response(each, event(asked.request, number)))
            before, after = responses
            yield asked, before, before.difference(after)


def _response(launched: Launched, sent: str) -> Response:
    return Response.of(launched.invoke(sent, TRACE)["response"])


def main() -> None:
    """Compare all services, print the differences, and exit with status 1 if there are any."""
    parser = argparse.ArgumentParser(prog="make bench-responses")
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--every", type=int, default=1, help="send one of so many requests")
    arguments = parser.parse_args()
    require_mounts()
    folders = [arguments.before.resolve(), arguments.after.resolve()]
    found: list[str] = []
    statuses: Counter[int] = Counter()
    with tables_on_moto() as tables, Progress() as progress:
        for name in DESCRIBED:
            for variables in environments(name):
                for asked, response, difference in compared(
                    service_file(name), folders, variables, tables, arguments.every
                ):
                    statuses[response.status] += 1
                    if difference:
                        found.append(f"{name}: {asked.name}{difference}")
                    progress.show(f"{statuses.total():,} requests, now {name}; {len(found)} responses differ")
    print("\n".join(found[:SHOWN]))
    print("Statuses before:", ", ".join(f"{status}: {count:,}" for status, count in sorted(statuses.items())))
    print(f"{len(found)} of {statuses.total():,} responses differ.")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
