"""Evaluates all alarms in every period, and delivers their messages, while the control plane runs."""

import logging
import threading
import time
from contextlib import AbstractContextManager
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends
from moto.sns.models import sns_backends

from local_aws.cloudwatch.alarm_store import Notification, outbox, stores
from local_aws.cloudwatch.local_run import PERIOD, LocalRun

DELAY = 1.0  # seconds after a period, for the lines of its last invocations

_logger = logging.getLogger(__name__)


def start(metrics: LocalRun, lock: AbstractContextManager[Any]) -> None:
    """Start the threads. `lock` is held while alarms change, as it is by calls of CloudWatch."""
    threading.Thread(target=_evaluate_for_ever, args=(metrics, lock), daemon=True).start()
    threading.Thread(target=_deliver_for_ever, daemon=True).start()


def evaluate(metrics: LocalRun, now: float) -> None:
    """Evaluate all alarms at that time, in seconds since the epoch."""
    datapoints = metrics.datapoints(now)
    for regions in list(cloudwatch_backends.values()):
        for region, backend in list(regions.items()):
            for alarm in list(backend.alarms.values()):
                stores[regions.account_id][region].evaluate(alarm, datapoints, now)


def deliver(notification: Notification) -> None:
    """Publish a message to its topic, and record whether that was possible."""
    _, _, _, region, account, _ = notification.topic.split(":")
    error: Exception | None = None
    try:
        sns_backends[account][region].publish(
            notification.message, arn=notification.topic, subject=notification.subject
        )
    except Exception as failed:  # noqa: BLE001 - recorded
        error = failed
    notification.executed(error)


def _evaluate_for_ever(metrics: LocalRun, lock: AbstractContextManager[Any]) -> None:
    while True:
        time.sleep(PERIOD - (time.time() - DELAY) % PERIOD)
        try:
            with lock:
                evaluate(metrics, time.time())
        except Exception:
            _logger.exception("the alarms could not be evaluated")


def _deliver_for_ever() -> None:
    while True:
        deliver(outbox.get())
