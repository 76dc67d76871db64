"""moto in this process, without a server."""

import functools
from collections.abc import Iterator
from contextlib import contextmanager

import boto3
import botocore.session
from botocore.loaders import Loader
from moto import mock_aws


@functools.cache
def _loader() -> Loader:
    """Return the reader of botocore's service models, which caches them; reading one takes longer than most tests."""
    return Loader()


@contextmanager
def mocked_aws() -> Iterator[None]:
    """Let the AWS clients that are made inside call moto, and share one reader of service models."""
    with mock_aws():
        session = botocore.session.Session()
        session.register_component("data_loader", _loader())
        boto3.setup_default_session(botocore_session=session)
        yield
