"""AWS Certificate Manager: issues a requested certificate at once, not after the minute that moto 5.2.5 waits."""

from moto import settings


def apply() -> None:
    """Fill the gap for every server that this process starts afterwards."""
    settings.ACM_VALIDATION_WAIT = -1  # A certificate is issued when more seconds have passed.
