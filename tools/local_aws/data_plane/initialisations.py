"""Initialises versions of functions that nothing invokes yet, as the control plane asks for it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from local_aws.awslambda.environment import Environment, InitError
from local_aws.awslambda.pool import INIT_LIMIT
from local_aws.model.deployment import DeploymentError, Function, InitializationType


class Initialisations:
    """Runs the INIT of a version in an environment that then ends.

    Args:
        read: Returns the applied function of a qualified ARN; called in a thread.
        launcher: Returns what starts environments of a function.
        changing: Held while folders of code are unpacked or deleted.
    """

    def __init__(
        self,
        read: Callable[[str], Function],
        launcher: Callable[[Function], Awaitable[Callable[[InitializationType], Awaitable[Environment]]]],
        changing: asyncio.Lock,
    ) -> None:
        self._read = read
        self._launcher = launcher
        self._changing = changing

    async def respond(self, request: Request) -> Response:
        """Initialise `function` (a qualified ARN) in the way `kind`; respond with the type of its error, or null."""
        kind: Any = request.query_params["kind"]  # An InitializationType: only the control plane calls this.
        try:
            async with self._changing:
                launch = await self._launcher(await asyncio.to_thread(self._read, request.query_params["function"]))
                environment = await launch(kind)
                try:
                    await environment.initialise(INIT_LIMIT)
                finally:
                    await environment.close()
        except DeploymentError as error:
            return JSONResponse({"error": str(error)})
        except InitError as error:
            return JSONResponse({"error": error.outcome.error_type})
        return JSONResponse({"error": None})
