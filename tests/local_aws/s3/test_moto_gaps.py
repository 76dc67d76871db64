"""S3's gap: conditions in bucket policies."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws.control_plane.server import ControlPlane
from tests.support.moto_servers import aws_client, moto_in_this_process

ONLY_TLS = {"Condition": {"Bool": {"aws:SecureTransport": "false"}}}


def read_with_policy(environment: dict[str, str], bucket: str, **more: Any) -> bytes:
    """Read an object of a bucket whose policy denies every call, under the given conditions."""
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{bucket}/*"} | more
    with aws_client("s3", environment) as s3:
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        s3.put_object(Bucket=bucket, Key="a", Body=b"1")
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        s3.put_bucket_policy(Bucket=bucket, Policy=policy)
        content: bytes = s3.get_object(Bucket=bucket, Key="a")["Body"].read()
    return content


def test_plain_moto_ignores_conditions() -> None:
    # When this fails, moto evaluates conditions: delete s3/moto_gaps.py.
    with moto_in_this_process() as environment, pytest.raises(ClientError, match=r"403|Forbidden|AccessDenied"):
        read_with_policy(environment, "plain-policy", **ONLY_TLS)


def test_conditional_statement_is_left_out(control_plane: ControlPlane) -> None:
    assert read_with_policy(control_plane.environment, "conditional-policy", **ONLY_TLS) == b"1"


def test_statement_without_conditions_is_evaluated(control_plane: ControlPlane) -> None:
    with pytest.raises(ClientError, match=r"403|Forbidden|AccessDenied"):
        read_with_policy(control_plane.environment, "denying-policy")
