"""A provider of OpenTelemetry's SDK that a service sets takes the place of ours."""

import subprocess
import sys

# In a process of its own, because a provider can be set only once.
WITH_SDK = """
import os, sys
sys.path[:0] = sys.argv[1:]
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
exported = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(exported, schedule_delay_millis=1_000_000))
trace.set_tracer_provider(provider)
from common.http.application import create_app
from common.lambda_handler import create_handler
from common.telemetry import traces
from tests.support.http_events import http_event
from tests.support.lambda_context import FakeLambdaContext
app = create_app("things", description="Things.", routers=[])
async def work():
    with traces.operation("things.do"):
        raise ZeroDivisionError("s3cr3t")
app.add_api_route("/things/{name}", work)
handler = create_handler(app, lambda runtime: None)
for sampled in "01":
    root = "Root=1-67891233-abcdef012345678912345678"
    os.environ["_X_AMZN_TRACE_ID"] = f"{root};Parent=53995c3f42cd8ad8;Sampled={sampled}"
    handler(http_event("GET", "/things/lamp"), FakeLambdaContext())
spans = exported.get_finished_spans()
assert "s3cr3t" not in "".join(span.to_json() for span in spans)
def remote(span):
    return f"{span.parent.span_id:x}" if span.parent.is_remote else ""
print([(span.name, remote(span), span.status.status_code.name) for span in spans])
provider.shutdown()
"""


def test_provider_of_the_sdk_is_used_if_it_is_set(function_environment: dict[str, str]) -> None:
    finished = subprocess.run(
        [sys.executable, "-W", "error", "-c", WITH_SDK, *sys.path],
        env=function_environment | {"LAMBDA_TASK_ROOT": "/var/task", "AWS_DEFAULT_REGION": "eu-central-1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert finished.stderr == ""
    expected = [("things.do", "", "ERROR"), ("## handler", "53995c3f42cd8ad8", "ERROR")]
    assert finished.stdout.splitlines()[-1] == str(expected)
