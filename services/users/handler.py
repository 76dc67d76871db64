"""The users service on AWS Lambda."""

from common.lambda_handler import create_handler
from users.app import app
from users.dependencies import connect

handler = create_handler(app, connect)
