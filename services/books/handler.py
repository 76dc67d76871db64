"""The books service on AWS Lambda."""

from common.lambda_handler import create_handler
from books.app import app
from books.dependencies import connect

handler = create_handler(app, connect)
