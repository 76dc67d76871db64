"""Tokens of any caller, signed with the key of the deployed functions, so that no service has to issue them."""

import json
from typing import TYPE_CHECKING, Any

import pytest

from common.auth.keys import SigningKey
from local_aws.session import Session
from tests.support import tokens
from tests.support.moto_servers import aws_client
from tests.support.services import ALL, deployed_name

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_secretsmanager import SecretsManagerClient

# A service whose function reads the key.
READER = next((name for name, service in ALL.items() if "jwt" in service.secrets), None)


class Signer:
    """Signs with the key, issuer and audience of the deployment."""

    def __init__(self, session: Session) -> None:
        if READER is None:
            pytest.skip("no service reads the key")
        functions: LambdaClient
        with aws_client("lambda", session.control_plane) as functions:
            configuration = functions.get_function_configuration(FunctionName=deployed_name(READER))
            self._variables = configuration["Environment"]["Variables"]
        secrets: SecretsManagerClient
        with aws_client("secretsmanager", session.control_plane) as secrets:
            document = json.loads(secrets.get_secret_value(SecretId=self._variables["JWT_SECRET_ID"])["SecretString"])
        self._key = SigningKey.of(document["jwt_secret"])

    @property
    def key(self) -> str:
        """Return the key itself, which must not occur in log lines and traces."""
        return self._key.value

    def bearer(self, subject: object, *scopes: str, **claims: object) -> dict[str, str]:
        """Return the header with a token of the subject; given claims, key or algorithm replace the deployment's."""
        return {"Authorization": f"Bearer {self.token(subject, *scopes, **claims)}"}

    def token(self, subject: object, *scopes: str, **claims: object) -> str:
        """Return the token of that header."""
        own: dict[str, Any] = {
            "iss": self._variables["JWT_ISSUER"],
            "aud": self._variables["JWT_AUDIENCE"],
            "key": self._key,
        }
        return tokens.token(subject, *scopes, **own | claims)
