"""moto in this process, without a server, and sessions of boto3 that are cheap to make."""

import functools
from collections.abc import Iterator
from contextlib import contextmanager

import boto3
import botocore.session
from botocore.loaders import Loader
from moto import mock_aws
from moto.dynamodb import urls

from common import aws_clients
from local_aws.dynamodb import moto_gaps


@functools.cache
def _loader() -> Loader:
    """Return the reader of botocore's service models, which caches them; reading one takes longer than most tests."""
    return Loader()


def new_session() -> boto3.Session:
    """Return a session that shares its reader of service models with all others from here."""
    session = botocore.session.Session()
    session.register_component("data_loader", _loader())
    return boto3.Session(botocore_session=session)


@contextmanager
def mocked_aws() -> Iterator[None]:
    """Let the AWS clients that are made inside call moto, with the gaps of DynamoDB filled as in the embedded AWS.

    moto itself copies whole tables for each transaction.
    """
    plain = dict(urls.url_paths)
    moto_gaps.apply()
    try:
        with mock_aws():
            boto3.DEFAULT_SESSION = new_session()
            aws_clients.session.cache_clear()
            aws_clients.session().register_component("data_loader", _loader())
            yield
    finally:
        urls.url_paths |= plain
