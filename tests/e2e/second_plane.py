"""A second data plane before the control plane that `up` runs: the same functions, served in another way."""

import asyncio
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path

from local_aws.apigateway.routing import TrailingSlash
from local_aws.data_plane.server import DataPlane


@contextmanager
def second_plane(
    control_plane: Mapping[str, str], work: Path, trailing_slash: TrailingSlash = TrailingSlash.SIGNIFICANT
) -> Iterator[DataPlane]:
    """Serve in a thread of its own while the block runs; gives what is served, for its addresses."""
    started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event, DataPlane]] = Future()

    async def serve() -> None:
        over = asyncio.Event()
        async with DataPlane(control_plane, work, trailing_slash=trailing_slash) as plane:
            started.set_result((asyncio.get_running_loop(), over, plane))
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
        loop, over, plane = started.result()
        try:
            yield plane
        finally:
            loop.call_soon_threadsafe(over.set)
    finally:
        thread.join()
