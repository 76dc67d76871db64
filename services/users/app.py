"""The users service as a web application; it knows nothing of Lambda."""

from common.http.application import create_app
from users import password_routes, routes, token_routes

app = create_app(
    "users",
    description="Who may use the library.",
    routers=[routes.router, token_routes.router, password_routes.router, routes.unversioned],
)
