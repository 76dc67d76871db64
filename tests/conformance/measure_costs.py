"""Measure what a request uses, for `make cost`: the soak's mixture on the packaged zips, one request after the other.

`make measure-costs` runs this as a program, and writes tools/cost/measured.yaml. Only a quiet machine measures times.
"""

import asyncio
import os
import tempfile
from pathlib import Path

import httpx2

from cost.measured import measure, write
from local_aws.session import Session
from tests.conformance.soak.callers import subjects
from tests.conformance.soak.kinds import Kind
from tests.conformance.soak.load import Load
from tests.support.deployed.signing import Signer
from tests.support.deployed.up import UNTHROTTLED, Up

REQUESTS = 1_000


def main() -> None:
    """Deploy to the embedded AWS, send the requests, and write the averages."""
    with tempfile.TemporaryDirectory() as work:
        with Up(Path(work), "--var", UNTHROTTLED) as up:
            up.wait_for("Serving on")
            session = Session.read(up.work)
            signer = Signer(session)
            with httpx2.Client(base_url=session.url, timeout=60) as api:
                [subject] = subjects(api, signer.bearer, 1)
            token = signer.bearer(subject)

            def headers(kind: Kind, _: int) -> dict[str, str]:
                return token if kind.signed else {}

            asyncio.run(Load(session.url, REQUESTS, headers).send(1))
            up.end()
        request = measure(Path(work) / "logs")
    write(
        request, f"{REQUESTS:,} mixed requests, one after the other, on {os.cpu_count()} cores (`make measure-costs`)"
    )
    print(request)


if __name__ == "__main__":
    main()
