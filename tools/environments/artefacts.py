"""Publishes dist/ under the id of a release, so that every environment deploys the very same zips and images."""

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
IMAGES = "images.tfvars.json"  # written by `make image`: Terraform's variable `images`
BILL = "sbom.cdx.json"  # written by `make package`
LOCAL = "local"  # as a release: the zips in dist/
RELEASE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def check_release(release: str) -> None:
    """Raise ProblemError unless the id of a release is valid."""
    if not RELEASE.fullmatch(release):
        raise ProblemError("RELEASE must be up to 64 letters, digits, dots, hyphens or underscores: v1.2.0.")


def publish(release: str, account: Account, dist: Path = DIST, s3: Any = None) -> list[str]:
    """Upload the zips and the release's list of them and of the images; return the keys that are new in the bucket.

    A zip's key has the hash of its content, so an unchanged zip is not uploaded again. The images of these zips are
    listed by digest. A release that was published before keeps those that it lists, because a second build of the same
    zips has another digest if the base image has changed.

    Raises:
        ProblemError: The release exists with other zips or without an image, or dist/ is not what `make package` wrote.
    """
    if release == LOCAL:
        raise ProblemError(f"RELEASE={LOCAL} means the zips in dist/: choose another one.")
    check_release(release)
    s3 = s3 or client("s3", account.region)
    own, new, zips = _own(account), [], {}
    for name, file in read_zips(dist).items():
        body = file.read_bytes()
        digest = hashlib.sha256(body)
        key = f"zips/{digest.hexdigest()}/{file.name}"
        if _put(s3, account, key, body, "application/zip"):
            new.append(key)
        version = s3.head_object(Key=key, **own).get("VersionId")
        zips[name] = {"key": key, "version": version, "hash": base64.b64encode(digest.digest()).decode()}
    key = f"releases/{release}.json"
    images = read_images(dist)
    text = json.dumps(zips | images, indent=2, sort_keys=True)
    if _put(s3, account, key, text.encode(), "application/json"):
        return [*new, key, *_publish_bills(release, account, dist, s3)]
    listed = json.load(s3.get_object(Key=key, **own)["Body"])
    if {name: one for name, one in listed.items() if not name.endswith(".image")} != zips:
        raise ProblemError(
            f"Release {release} exists with other zips, and is never overwritten: choose another RELEASE."
        )
    if left_out := images.keys() - listed.keys():
        raise ProblemError(
            f"Release {release} was published without {', '.join(sorted(left_out))}, and is never overwritten: choose "
            "another RELEASE."
        )
    return [*new, *_publish_bills(release, account, dist, s3)]


def _publish_bills(release: str, account: Account, dist: Path, s3: Any) -> list[str]:
    """Upload the bills of materials beside the release's list; return the keys that are new."""
    new = []
    for file in sorted(dist.glob(f"**/{BILL}")):
        architecture = json.loads(file.with_name("manifest.json").read_text())["architecture"]
        key = f"sboms/{release}/{architecture}.cdx.json"
        if _put(s3, account, key, file.read_bytes(), "application/vnd.cyclonedx+json"):
            new.append(key)
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


def read_images(dist: Path) -> dict[str, dict[str, str]]:
    """Return the pushed images of the zips in dist/, by `<architecture>/<service>.image`; none before `make image`."""
    if not (dist / IMAGES).is_file():
        return {}
    images = json.loads((dist / IMAGES).read_text())["images"]
    return {f"{one['architecture']}/{service}.image": {"uri": one["uri"]} for service, one in images.items()}


def check_deployed(release: str, bucket: str, region: str, functions: Mapping[str, Mapping[str, str]]) -> None:
    """Compare the code of each function with the release's list.

    Args:
        release: The id of the release.
        bucket: Where it was published.
        region: Where it is deployed.
        functions: Service => its function, as in the output `functions` of the root.

    Raises:
        ProblemError: A function has other code.
    """
    s3, key = client("s3", region), f"releases/{release}.json"
    try:
        listed = json.load(s3.get_object(Bucket=bucket, Key=key)["Body"])
    except s3.exceptions.NoSuchKey:
        raise ProblemError(f"Release {release} was not published: s3://{bucket} has no {key}.") from None
    aws_lambda = client("lambda", region)
    for service, function in functions.items():
        found = aws_lambda.get_function_configuration(FunctionName=function["name"])
        if found["PackageType"] == "Image":
            continue  # The plan names it by its digest.
        [architecture] = found["Architectures"]
        if found["CodeSha256"] != listed.get(f"{architecture}/{service}.zip", {}).get("hash"):
            raise ProblemError(f"{function['name']} has other code than release {release}: {found['CodeSha256']}.")


def _own(account: Account) -> dict[str, str]:
    """Return the arguments that make S3 reject a bucket of this name in another account.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html.
    """
    return {"Bucket": account.artefact_bucket, "ExpectedBucketOwner": account.id}


def _put(s3: Any, account: Account, key: str, body: bytes, kind: str) -> bool:
    """Create the object; return False if the key exists.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html.
    """
    try:
        s3.put_object(
            **_own(account), Key=key, Body=body, ContentType=kind, IfNoneMatch="*", ChecksumAlgorithm="SHA256"
        )
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == HTTPStatus.PRECONDITION_FAILED:
            return False
        if error.response["Error"]["Code"] == "NoSuchBucket":
            raise ProblemError(
                f"There is no bucket {account.artefact_bucket}: run `make bootstrap REPOSITORY=owner/name` first."
            ) from None
        raise
    return True
