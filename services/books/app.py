"""The books service as a web application; it knows nothing of Lambda."""

from books import routes
from common.application import create_app

app = create_app("books", description="What the library holds.", routers=[routes.router])
