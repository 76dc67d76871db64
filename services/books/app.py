"""The books service as a web application, independent of Lambda."""

from books import loan_routes, routes
from common.http.application import create_app

app = create_app(
    "books", description="Add, find, borrow and return books.", routers=[routes.router, loan_routes.router]
)
