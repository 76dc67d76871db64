"""The books service as a web application; it knows nothing of Lambda."""

from books import loan_routes, routes
from common.http.application import create_app

# The loans come first: /loans would else be taken for the id of a book.
app = create_app("books", description="What the library holds.", routers=[loan_routes.router, routes.router])
