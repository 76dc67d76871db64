"""Publishes the zips of dist/ under the id of a release, so that every environment deploys the very same bytes."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from environments.account import Account, client
from environments.problem import ProblemError
from environments.terraform import ROOT

DIST = ROOT / "dist"
LOCAL = "local"  # as a release: the zips in dist/
RELEASE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def check_release(release: str) -> None:
    """Raise ProblemError unless the id of a release is valid."""
    if not RELEASE.fullmatch(release):
        raise ProblemError("RELEASE must be up to 64 letters, digits, dots, hyphens or underscores: v1.2.0.")


def publish(release: str, account: Account, dist: Path = DIST, s3: Any = None) -> list[str]:
    """Upload the zips and the release's list of them; return the keys that are new in the bucket.

    A zip's key has the hash of its content, so an unchanged zip is not uploaded again.

    Raises:
        ProblemError: The release exists with other zips, or dist/ is not what `make package` wrote.
    """
    if release == LOCAL:
        raise ProblemError(f"RELEASE={LOCAL} means the zips in dist/: choose another one.")
    check_release(release)
    s3 = s3 or client("s3", account.region)
    bucket, new, zips = account.artefact_bucket, [], {}
    for name, file in read_zips(dist).items():
        body = file.read_bytes()
        digest = hashlib.sha256(body)
        key = f"zips/{digest.hexdigest()}/{file.name}"
        if _put(s3, bucket, key, body, "application/zip"):
            new.append(key)
        version = s3.head_object(Bucket=bucket, Key=key).get("VersionId")
        zips[name] = {"key": key, "version": version, "hash": base64.b64encode(digest.digest()).decode()}
    key = f"releases/{release}.json"
    text = json.dumps(zips, indent=2, sort_keys=True)
    if _put(s3, bucket, key, text.encode(), "application/json"):
        return [*new, key]
    if s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode() != text:
        raise ProblemError(
            f"Release {release} exists with other zips, and is never overwritten: choose another RELEASE."
        )
    return new


def read_zips(dist: Path) -> dict[str, Path]:
    """Return the zips of all architectures in dist/ and its folders, by `<architecture>/<zip>`.

    Raises:
        ProblemError: There are none, or one has changed since `make package` wrote it.
    """
    zips = {}
    for file in sorted(dist.glob("**/manifest.json")):
        manifest = json.loads(file.read_text())
        for name, digest in manifest["zips"].items():
            zips[f"{manifest['architecture']}/{name}"] = found = file.with_name(name)
            if not found.is_file() or hashlib.sha256(found.read_bytes()).hexdigest() != digest:
                raise ProblemError(f"{found} is not the one that {file} lists: run `make package` again.")
    if not zips:
        raise ProblemError("There is no dist/manifest.json: run `make package` first.")
    return zips


def check_deployed(release: str, account: Account, functions: Mapping[str, Mapping[str, str]]) -> None:
    """Compare the code of each function with the release's list.

    Args:
        release: The id of the release.
        account: Where it is deployed.
        functions: Service => its function, as in the output `functions` of the root.

    Raises:
        ProblemError: A function has other code.
    """
    s3, key = client("s3", account.region), f"releases/{release}.json"
    try:
        listed = json.load(s3.get_object(Bucket=account.artefact_bucket, Key=key)["Body"])
    except s3.exceptions.NoSuchKey:
        raise ProblemError(
            f"Release {release} was not published: s3://{account.artefact_bucket} has no {key}."
        ) from None
    aws_lambda = client("lambda", account.region)
    for service, function in functions.items():
        found = aws_lambda.get_function_configuration(FunctionName=function["name"])
        if found["PackageType"] == "Image":
            continue
        [architecture] = found["Architectures"]
        if found["CodeSha256"] != listed.get(f"{architecture}/{service}.zip", {}).get("hash"):
            raise ProblemError(f"{function['name']} has other code than release {release}: {found['CodeSha256']}.")


def _put(s3: Any, bucket: str, key: str, body: bytes, kind: str) -> bool:
    """Create the object; return False if the key exists.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html.
    """
    try:
        s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType=kind, IfNoneMatch="*", ChecksumAlgorithm="SHA256")
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == HTTPStatus.PRECONDITION_FAILED:
            return False
        if error.response["Error"]["Code"] == "NoSuchBucket":
            raise ProblemError(
                f"There is no bucket {bucket}: run `make bootstrap REPOSITORY=owner/name` first."
            ) from None
        raise
    return True
