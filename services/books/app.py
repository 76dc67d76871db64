"""The books service as a web application, independent of Lambda."""

from books import loan_routes, routes
from common.http.application import create_app

# Loans come first, or /loans would be taken for the id of a book.
app = create_app(
    "books", description="Add, find, borrow and return books.", routers=[loan_routes.router, routes.router]
)
