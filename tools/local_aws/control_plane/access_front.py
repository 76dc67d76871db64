"""Enforces IAM in front of the control plane: a role's credentials allow what the role's policies allow.

The operator is allowed everything. Signatures are not verified, because every caller is on this machine.
"""

import io
import json
import logging
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from moto.iam.models import iam_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.sts.models import AssumedRole, sts_backends

from local_aws.awslambda.moto_gaps import DOWNLOAD
from local_aws.faults.layer import CALLERS
from local_aws.iam.access import PolicyError, RoleAccess, is_trust_in, parse_access
from local_aws.iam.api_call import SIGNED, ApiCall, UnknownNeedsError
from local_aws.iam.calls import Call, Recorder
from local_aws.iam.management import ManagementCall, Role, UnknownCallError
from local_aws.iam.policy import Need, Statement, limited, parse, permits
from local_aws.iam.refusal import EXPIRED, UNKNOWN_CALLER, UNSIGNED, Refusal, denied, not_evaluated


class Decision(NamedTuple):
    """The permissions that a call needs, each with whether the role has it, and the denial if one is missing."""

    operation: str
    needs: Sequence[tuple[Need, bool]]
    refusal: Refusal | None


class AccessFront:
    """A WSGI application in front of moto's.

    Args:
        application: Moto's server.
        operator: The access key that is allowed everything.
        recorder: Gets every call that is made with a role's credentials.
    """

    def __init__(self, application: WSGIApplication, operator: str, recorder: Recorder | None = None) -> None:
        self._application = application
        self._operator = operator
        self._recorder = recorder
        self._sessions: dict[str, AssumedRole] = {}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Forward the calls that the caller is allowed to make, and deny all others as AWS does."""
        signed = SIGNED.match(environ.get("HTTP_AUTHORIZATION", ""))
        if signed is not None and signed["key"] == self._operator:
            return self._application(environ, start_response)
        if "HTTP_AUTHORIZATION" not in environ and _is_download(environ):
            return self._application(environ, start_response)
        if signed is None:
            return _refuse(UNSIGNED, "", environ, start_response)
        session = self._session(signed["key"])
        if session is None or session.session_token != environ.get("HTTP_X_AMZ_SECURITY_TOKEN"):
            return _refuse(UNKNOWN_CALLER, signed["service"], environ, start_response)
        if session.expiration.replace(tzinfo=UTC) <= datetime.now(UTC):
            return _refuse(EXPIRED, signed["service"], environ, start_response)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        environ[CALLERS] = (session.role_arn.rpartition("/")[2], session.session_name)
        role = _role(session)
        if role is None or _is_trusted_by_aws(role):
            decision = _decide(session, role, ApiCall.read(signed["service"], signed["region"], environ, body))
        else:
            decision = _decide_management(session, role, signed["service"], signed["region"], environ, body)
        return self._call(session, decision, signed["service"], environ, start_response)

    def _session(self, key: str) -> AssumedRole | None:
        if key not in self._sessions:
            assumed = [role for backends in list(sts_backends.values()) for role in backends["aws"].assumed_roles]
            self._sessions = {role.access_key_id: role for role in assumed}
        return self._sessions.get(key)

    def _call(
        self,
        session: AssumedRole,
        decision: Decision,
        service: str,
        environ: WSGIEnvironment,
        start_response: StartResponse,
    ) -> Iterable[bytes]:
        arrived, began = time.time(), time.perf_counter()
        statuses: list[int] = []

        def started(status: str, *arguments: Any) -> Any:
            statuses.append(int(status[:3]))
            return start_response(status, *arguments)

        if decision.refusal is None:
            answer = self._application(environ, started)
        else:
            answer = _refuse(decision.refusal, service, environ, started)
        if self._recorder is not None:
            duration = round((time.perf_counter() - began) * 1000, 3)
            role = session.role_arn.rpartition("/")[2]
            self._recorder.record(
                [
                    Call(
                        time=arrived,
                        access_key_id=session.access_key_id,
                        role=role,
                        action=need.action,
                        resource=need.resource,
                        operation=decision.operation,
                        allowed=allowed,
                        duration_ms=duration,
                        status=statuses[0],
                        context=dict(need.context),
                    )
                    for need, allowed in decision.needs
                ]
            )
        return answer


def _decide(session: AssumedRole, role: Any, call: ApiCall) -> Decision:
    """Decide a call of a function."""
    action = Need(f"{call.service}:{call.operation}", "*")
    try:
        grants = call.needs(session.account_id, lambda name: _secret_arn(session.account_id, call.region, name))
        access = RoleAccess(session.role_arn, (), ()) if role is None else _access(session.account_id, role)
    except UnknownNeedsError:
        reason = "the embedded AWS does not know which permissions the call needs"
        return Decision(call.operation, [(action, False)], _loudly(not_evaluated(session.arn, action.action, reason)))
    except PolicyError as error:
        reason = f"its policies cannot be evaluated: {error}"
        return Decision(call.operation, [(action, False)], _loudly(not_evaluated(session.arn, action.action, reason)))
    judged = [(Need(grant.action, grant.resource), access.allows(grant.action, grant.resource)) for grant in grants]
    return _decision(session, call.operation, judged or [(action, True)])


def _decide_management(
    session: AssumedRole, role: Any, service: str, region: str, environ: WSGIEnvironment, body: bytes
) -> Decision:
    """Decide a call of a role that deploys."""
    account = session.account_id
    action = Need(f"{service}:{environ['REQUEST_METHOD']} {environ['PATH_INFO']}", "*")
    try:
        call = ManagementCall.read(service, region, environ, body)
        action = Need(f"{service}:{call.operation}", "*")
        needs = list(call.needs(account, lambda name: _named_role(account, name)))
        policies = [_statements(role.name, name, text) for name, text in _documents(account, role)]
        boundary = _boundary(account, role)
    except (PolicyError, UnknownCallError) as error:
        return Decision("", [(action, False)], _loudly(not_evaluated(session.arn, action.action, str(error))))
    return _decision(session, call.operation, [(need, permits(policies, boundary, need)) for need in needs])


def _decision(session: AssumedRole, operation: str, judged: Sequence[tuple[Need, bool]]) -> Decision:
    lacking = next((need for need, allowed in judged if not allowed), None)
    refusal = denied(session.arn, lacking.action, lacking.resource) if lacking else None
    return Decision(operation, judged, refusal)


def _loudly(refusal: Refusal) -> Refusal:
    logging.getLogger(__name__).warning("%s", refusal.message)
    return refusal


def _role(session: AssumedRole) -> Any:
    """Return moto's role of the session; None if it has been deleted."""
    roles = list(iam_backends[session.account_id]["aws"].roles.values())
    return next((role for role in roles if role.arn == session.role_arn), None)


def _is_trusted_by_aws(role: Any) -> bool:
    """Return whether an AWS service assumes the role, whose permissions are those of `ApiCall` then."""
    trust = json.loads(role.assume_role_policy_document)
    return any(is_trust_in(f"{service}.amazonaws.com", trust) for service in ("codedeploy", "lambda"))


def _named_role(account: str, name: str) -> Role | None:
    roles = list(iam_backends[account]["aws"].roles.values())
    return next((Role(role.arn, role.permissions_boundary_arn) for role in roles if role.name == name), None)


def _documents(account: str, role: Any) -> list[tuple[str, str]]:
    """Return the role's policies, managed ones included, by name as JSON."""
    stored = iam_backends[account]["aws"].managed_policies
    return [*role.policies.items(), *((arn, _current(stored[arn])) for arn in role.managed_policies)]


def _current(policy: Any) -> str:
    """Return the document of a managed policy's default version."""
    return next(str(version.document) for version in policy.versions if version.version_id == policy.default_version_id)


def _boundary(account: str, role: Any) -> tuple[Statement, ...] | None:
    arn = role.permissions_boundary_arn
    if arn is None:
        return None
    stored = iam_backends[account]["aws"].managed_policies.get(arn)
    if stored is None:
        raise PolicyError(f"role {role.name}: its boundary {arn} does not exist")
    return _statements(role.name, arn, _current(stored))


def _access(account: str, role: Any) -> RoleAccess:
    """Return the current permissions of a function's role."""
    access = _parsed(role.name, tuple(role.policies.items()), tuple(role.managed_policies))
    boundary = _boundary(account, role)
    return access if boundary is None else limited(access, boundary)


@lru_cache
def _statements(role: str, name: str, text: str) -> tuple[Statement, ...]:
    return parse(f"role {role}, policy {name}", json.loads(text))


@lru_cache
def _parsed(role: str, policies: tuple[tuple[str, str], ...], attached: tuple[str, ...]) -> RoleAccess:
    return parse_access(role, {name: json.loads(text) for name, text in policies}, attached=attached)


def _secret_arn(account: str, region: str, name: str) -> str:
    """Return the secret's full ARN, or the given name if the secret does not exist, as Secrets Manager does."""
    secret = secretsmanager_backends[account][region].secrets.get(name)
    return str(secret.arn) if secret else name


def _is_download(environ: WSGIEnvironment) -> bool:
    """Return whether this is a download, for which AWS would have issued a presigned URL."""
    return environ["REQUEST_METHOD"] == "GET" and DOWNLOAD.fullmatch(environ["PATH_INFO"]) is not None


def _refuse(refusal: Refusal, service: str, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    status, headers, body = refusal.answer(
        service, targeted="HTTP_X_AMZ_TARGET" in environ, content_type=environ.get("CONTENT_TYPE", "")
    )
    start_response(status, [*headers.items(), ("Content-Length", str(len(body)))])
    return [body]
