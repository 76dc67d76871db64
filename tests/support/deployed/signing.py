"""Tokens of any user, signed in the test with the key that the deployed functions read."""

import json
from typing import TYPE_CHECKING

from common.auth.keys import SigningKey
from local_aws.session import Session
from tests.support import tokens
from tests.support.moto_servers import aws_client
from tests.support.services import SERVICES, deployed_name

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_secretsmanager import SecretsManagerClient


class Signer:
    """Signs as the deployment does: its key, its issuer, its audience."""

    def __init__(self, session: Session) -> None:
        functions: LambdaClient
        with aws_client("lambda", session.control_plane) as functions:
            self._variables = functions.get_function_configuration(FunctionName=deployed_name(SERVICES[0]))[
                "Environment"
            ]["Variables"]
        secrets: SecretsManagerClient
        with aws_client("secretsmanager", session.control_plane) as secrets:
            document = json.loads(secrets.get_secret_value(SecretId=self._variables["JWT_SECRET_ID"])["SecretString"])
        self._key = SigningKey.of(document["jwt_secret"])

    @property
    def key(self) -> str:
        """The key itself, which must be nowhere else."""
        return self._key.value

    def bearer(self, subject: object, *scopes: str, **claims: object) -> dict[str, str]:
        """The header by which a subject shows its token; a claim that is given replaces the deployment's.

        So do a key and an algorithm.
        """
        own = {"iss": self._variables["JWT_ISSUER"], "aud": self._variables["JWT_AUDIENCE"], "key": self._key}
        return tokens.bearer(subject, *scopes, **own | claims)
