"""The context object that Lambda passes to a handler."""

from dataclasses import dataclass
from typing import Any

from mangum.types import LambdaCognitoIdentity, LambdaMobileClientContext


@dataclass
class FakeLambdaContext:
    function_name: str = "things-test"
    function_version: str = "1"
    invoked_function_arn: str = "arn:aws:lambda:eu-central-1:123456789012:function:things-test:live"
    memory_limit_in_mb: int = 512
    aws_request_id: str = "8f5c1f4e-0000-4000-8000-000000000001"
    log_group_name: str = "/aws/lambda/things-test"
    log_stream_name: str = "2026/01/01/[1]0"
    identity: LambdaCognitoIdentity | None = None
    client_context: LambdaMobileClientContext | None = None
    remaining_ms: int = 60_000

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining_ms

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)
