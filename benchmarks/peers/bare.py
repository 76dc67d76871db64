"""The same application as a function, by bare Mangum."""

import asyncio

from mangum import Mangum
from web import app  # type: ignore[import-not-found]

asyncio.set_event_loop(asyncio.new_event_loop())
handler = Mangum(app, lifespan="off")
