"""The error of a rejected command."""


class RefusedError(Exception):
    """The command was rejected and nothing has changed; the message says why and what to do."""
