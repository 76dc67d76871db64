"""The AWS variables of this process, as those of a role or an operator."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import boto3
import pytest


@contextmanager
def environment_of(variables: Mapping[str, str]) -> Iterator[None]:
    """Make AWS tools in this process and its children use these variables alone."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        for name, value in variables.items():
            patch.setenv(name, value)
        patch.setenv("AWS_MAX_ATTEMPTS", "2")
        patch.setattr(boto3, "DEFAULT_SESSION", None)  # It would keep the credentials of the context before.
        yield
