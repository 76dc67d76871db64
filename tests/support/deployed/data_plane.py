"""A second data plane on the control plane of `make up`: the same functions, served with other options."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path

from local_aws.apigateway.routing import TrailingSlash
from local_aws.data_plane.reader import read_deployment
from local_aws.data_plane.server import DataPlane
from local_aws.model.deployment import Deployment


@contextmanager
def data_plane(
    control_plane: Mapping[str, str],
    work: Path,
    trailing_slash: TrailingSlash = TrailingSlash.SIGNIFICANT,
    read: Callable[[Mapping[str, str]], Deployment] = read_deployment,
) -> Iterator[DataPlane]:
    """Serve in a thread while the block runs, and yield the data plane."""
    started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event, DataPlane]] = Future()

    async def serve() -> None:
        over = asyncio.Event()
        async with DataPlane(control_plane, work, trailing_slash=trailing_slash, read=read) as serving:
            started.set_result((asyncio.get_running_loop(), over, serving))
            await over.wait()

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:
            if started.done():
                raise
            started.set_exception(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        loop, over, serving = started.result()
        try:
            yield serving
        finally:
            loop.call_soon_threadsafe(over.set)
    finally:
        thread.join()
