"""The users service as a web application, independent of Lambda."""

from common.http.application import create_app
from users import password_routes, routes, token_routes

app = create_app(
    "users",
    description="Register users, log in, and manage accounts.",
    routers=[routes.router, token_routes.router, password_routes.router, routes.unversioned],
)
