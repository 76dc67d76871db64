"""What a function renews after Lambda has restored it from a snapshot (SnapStart).

Lambda takes one snapshot of the process after INIT and starts every environment from it, perhaps days later. So all
environments would draw the same numbers from `random`, connections are dead, and everything that is cached by a
monotonic clock is older than it looks: https://docs.aws.amazon.com/lambda/latest/dg/snapstart-uniqueness.html.
`secrets`, `uuid` and TLS take their randomness from the operating system, which Lambda renews itself.
"""

import random

from common.runtime import Runtime
from common.telemetry import metrics, traces


def renew_after_restore(runtime: Runtime) -> None:
    """Renew the process whenever Lambda restores it. Call it in INIT, and only with SnapStart.

    If the renewal fails, Lambda ends the environment instead of invoking it.
    """
    # Lambda's runtime contains it. Another one in the layer would have hooks that the runtime never runs.
    from snapshot_restore_py import register_after_restore  # noqa: PLC0415  # pants: no-infer-dep

    register_after_restore(renew, runtime)


def renew(runtime: Runtime) -> None:
    """Seed `random`, drop connections and cached keys, and count the next invocation as a cold start.

    A restored environment makes its caller wait as a cold start does, so it counts as one: once, also if code that
    ran before the snapshot was an invocation.
    """
    random.seed()
    runtime.reconnect()
    traces.renew()
    metrics.expect_cold_start()
