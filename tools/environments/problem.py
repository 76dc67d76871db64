"""What stops a command: a sentence for the person who ran it."""


class ProblemError(Exception):
    """A command cannot go on; the message says why, and what to do."""
