"""Routes that are analysed when the first request matches them: a cold start pays for one of them, not for all."""

import threading
from collections.abc import Callable
from typing import Any, Final

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.routing import compile_path

# A server with several threads may serve two requests for a route at once. Reentrant, because FastAPI also reads
# attributes that a route does not have.
ANALYSIS: Final = threading.RLock()


class LazyRoute(APIRoute):
    """A route of FastAPI that knows path, methods and endpoint at first.

    FastAPI reads the signatures of the endpoint and its dependencies, and builds the validators of their types, when
    any other attribute is first read: for a request, or for the OpenAPI document. A wrong signature is found then.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], *, methods: Any = None, **options: Any) -> None:
        self.path = path
        self.endpoint = endpoint
        self.methods = {method.upper() for method in methods or ["GET"]}
        self.path_regex, self.path_format, self.param_convertors = compile_path(path)
        self._declared: dict[str, Any] = options
        self._analysing = False
        self._analysed = False

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or self.__dict__.get("_analysed", True):
            raise AttributeError(name)
        self.analyse()
        return object.__getattribute__(self, name)

    def analyse(self) -> None:
        """Analyse the route, unless that is done."""
        with ANALYSIS:
            if self._analysed or self._analysing:
                return
            before = dict(vars(self))
            self._analysing = True
            try:
                super().__init__(self.path, self.endpoint, methods=self.methods, **self._declared)
            except BaseException:
                vars(self).clear()
                vars(self).update(before)
                raise
            self._analysed = True

    def add_to(self, router: APIRouter, responses: dict[int | str, dict[str, Any]]) -> None:
        """Declare the same route on the router of an application.

        `include_router` would do so too, but analyses each route again, all of them with the first request.

        Args:
            router: The router of the application.
            responses: Responses that all routes of the application have, for OpenAPI.
        """
        options = {name: value for name, value in self._declared.items() if name != "dependency_overrides_provider"}
        options["responses"] = {**responses, **options.get("responses", {})}
        router.add_api_route(self.path, self.endpoint, methods=self.methods, route_class_override=type(self), **options)
