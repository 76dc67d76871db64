"""The users service as a web application, independent of Lambda."""

from common.http.application import create_app
from users import password_routes, profile_routes, registration_routes, routes, token_routes

app = create_app(
    "users",
    description="Register users, log in, and manage accounts.",
    routers=[
        routes.router,
        registration_routes.router,
        token_routes.router,
        password_routes.router,
        registration_routes.unversioned,
        routes.unversioned,
    ],
    # The issuer has the passwords.
    issuer_routers=[routes.router, profile_routes.router, routes.unversioned],
)
