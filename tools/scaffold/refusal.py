"""Why a command does nothing."""


class RefusedError(Exception):
    """The command cannot do what it was asked for; nothing has changed. The message says what would be right."""
