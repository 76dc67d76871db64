"""The books service on AWS Lambda."""

from books.app import app
from books.dependencies import connect
from common.lambda_handler import create_handler

handler = create_handler(app, connect)
