"""The deployed secret, tokens made with it by hand, right or wrong, and its rotation."""

import json
import time
from typing import Any

import jwt

from common.secrets import SigningKey
from local_aws.session import Session
from tests.support.moto_servers import aws_client

SECRET = "bookshelf-dev-jwt"


def deployed_key(session: Session) -> str:
    """The key that is current now."""
    with aws_client("secretsmanager", session.control_plane) as client:
        document = client.get_secret_value(SecretId=SECRET)["SecretString"]
    value: str = json.loads(document)["jwt_secret"]
    return value


def rotate(session: Session, value: str) -> None:
    """Make another key the current one."""
    with aws_client("secretsmanager", session.control_plane) as client:
        client.put_secret_value(SecretId=SECRET, SecretString=json.dumps({"jwt_secret": value}))


def claims(subject: object, **changed: Any) -> dict[str, Any]:
    """What a token of the deployment says; None leaves a claim out."""
    now = int(time.time())
    usual = {
        "iss": "bookshelf-dev",
        "aud": "bookshelf-dev-api",
        "sub": str(subject),
        "scope": "",
        "iat": now,
        "exp": now + 900,
    }
    return {name: value for name, value in (usual | changed).items() if value is not None}


def signed(key: str, payload: dict[str, Any], *, algorithm: str = "HS256", kid: str | None = None) -> dict[str, str]:
    """The header that shows a token."""
    headers = {"kid": kid or SigningKey.of(key).kid}
    text = jwt.encode(payload, "" if algorithm == "none" else key, algorithm=algorithm, headers=headers)
    return {"Authorization": f"Bearer {text}"}
