"""The router of services: rules about requests that FastAPI leaves open and that hold for every operation."""

from collections.abc import Callable, Coroutine, Mapping
from http import HTTPStatus
from typing import Any, Final, get_args, get_origin, override

from fastapi import APIRouter, Request, Response
from fastapi.dependencies.utils import get_flat_params
from fastapi.exceptions import RequestValidationError
from fastapi.params import Query
from starlette.convertors import Convertor, register_url_convertor

from common.http import body, preconditions
from common.http.lazy_route import LazyRoute

REPEATABLE: Final = (list, set, frozenset, tuple)


class DigitsConvertor(Convertor[str]):
    """Decimal digits, without a sign."""

    regex = "[0-9]+"

    @override
    def convert(self, value: str) -> str:
        return value

    @override
    def to_string(self, value: str) -> str:
        return value


class UuidConvertor(DigitsConvertor):
    """A UUID as RFC 9562 writes it. Starlette's own convertor also takes one without hyphens."""

    regex = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"


register_url_convertor("digits", DigitsConvertor())
register_url_convertor("uuid", UuidConvertor())


class Route(LazyRoute):
    """A route that rejects what its operation does not know: query parameters, media types and large bodies."""

    @override
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        parameters = {
            field.alias: _repeatable(field.field_info.annotation)
            for field in get_flat_params(self.dependant)
            if isinstance(field.field_info, Query)
        }
        accepted = getattr(self.body_field.field_info, "media_type", None) if self.body_field else None

        async def checked(request: Request) -> Response:
            if request.scope["query_string"]:
                _check_query(request, parameters)
            response = await handle(await body.read(request, accepted))
            if response.status_code == HTTPStatus.NO_CONTENT:
                # FastAPI announces JSON although the response has no body.
                del response.headers["content-type"]
            return preconditions.applied(request, response)

        return checked


class Router(APIRouter):
    """The router of a service's operations.

    In a path, `{id:digits}` matches decimal digits and `{id:uuid}` a UUID, so that a fixed path such as `/me` is never
    an id.
    """

    def __init__(self, *, route_class: type[LazyRoute] = Route, **options: Any) -> None:
        super().__init__(route_class=route_class, **options)

    def add_to(self, router: APIRouter, responses: dict[int | str, dict[str, Any]]) -> None:
        """Add the routes to the router of an application, each with these responses (for OpenAPI)."""
        for route in self.routes:
            if isinstance(route, LazyRoute):
                route.add_to(router, responses)
            else:
                router.routes.append(route)


def _repeatable(annotation: Any) -> bool:
    """Return whether a parameter of this type is a list; an optional list is one as well."""
    return any((get_origin(kind) or kind) in REPEATABLE for kind in (annotation, *get_args(annotation)))


def _check_query(request: Request, parameters: Mapping[str, bool]) -> None:
    """Raise `RequestValidationError` unless each query parameter is known, and repeated only if it is a list."""
    errors = []
    for name in request.query_params:
        if name not in parameters:
            known = ", ".join(sorted(parameters))
            message = f"There is no such parameter. Known: {known}." if known else "There is no such parameter."
            errors.append({"type": "unknown_parameter", "loc": ("query", name), "msg": message})
        elif not parameters[name] and len(request.query_params.getlist(name)) > 1:
            errors.append({"type": "repeated_parameter", "loc": ("query", name), "msg": "Send this parameter once."})
    if errors:
        raise RequestValidationError(errors)
