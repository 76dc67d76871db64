"""Throttling of a stage's routes.

Rules: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html: a token bucket, in
which each request takes a token. Each route has its own bucket, with the stage's default settings or the route's. AWS
calls its limits targets that may be exceeded. These are never exceeded.
"""

from collections.abc import Mapping
from typing import Any

from local_aws.model.deployment import ACCOUNT_BURST, ACCOUNT_RATE, Throttle


def read_throttle(settings: Mapping[str, Any]) -> Throttle:
    """Return the throttle in the settings of a stage or a route; a missing limit is the account's quota."""
    return Throttle(
        rate=float(settings.get("ThrottlingRateLimit", ACCOUNT_RATE)),
        burst=int(settings.get("ThrottlingBurstLimit", ACCOUNT_BURST)),
    )


class TokenBucket:
    """A bucket, full at first, refilled at the throttle's rate up to its burst. Times are monotonic seconds."""

    def __init__(self, throttle: Throttle, now: float) -> None:
        self._throttle = throttle
        self._tokens = float(throttle.burst)
        self._filled = now

    def take(self, now: float) -> bool:
        """Take a token from the bucket; return False if the bucket is empty."""
        gained = (now - self._filled) * self._throttle.rate
        self._tokens = min(float(self._throttle.burst), self._tokens + gained)
        self._filled = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class Buckets:
    """The buckets of all routes. A deployment that changes a route's throttle gives it a new, full bucket."""

    def __init__(self) -> None:
        self._buckets: dict[str, tuple[Throttle, TokenBucket]] = {}

    def admit(self, route_key: str, throttle: Throttle, now: float) -> bool:
        """Return whether a request to a route is admitted now, which takes a token."""
        kept, bucket = self._buckets.get(route_key, (None, None))
        if bucket is None or kept != throttle:
            bucket = TokenBucket(throttle, now)
            self._buckets[route_key] = throttle, bucket
        return bucket.take(now)
