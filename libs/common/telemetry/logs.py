"""Structured logs, one JSON object per line. No other module imports the logging library."""

import logging
import sys
from collections.abc import Mapping
from typing import Any, ClassVar, Final, Optional, override

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.buffer import LoggerBufferConfig
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

from common.telemetry.redaction import may_hide, redacted, without_quotations

# The attributes that every record has. Attributes that a library adds are not written.
USUAL: Final = frozenset(vars(logging.makeLogRecord({})))
# Values that `redacted` returns as they are, if they have nothing to hide. It writes subclasses of `str` by `__str__`.
PLAIN: Final = frozenset({str, int, float, bool, type(None)})


class _Request:
    """The last call of AWS in this request, as fields of a log line; the call keeps them up to date."""

    call: Mapping[str, object] | None = None


class FunctionLogger(Logger):
    """Powertools' logger, which buffers debug lines only if its level hides them.

    Powertools always buffers them, so neither `LOG_LEVEL=DEBUG` nor sampling would show any.

    Attributes:
        current: The logger of this process; None until it is first used.
    """

    current: ClassVar[Optional["FunctionLogger"]] = None

    def always(self, **keys: str) -> None:
        """Put keys on every line from now on; Powertools removes all other keys at the next invocation."""
        self._default_log_keys.update(keys)
        self.append_keys(**keys)

    @override
    def debug(
        self,
        msg: object,
        *args: object,
        exc_info: Any = None,
        stack_info: bool = False,
        stacklevel: int = 2,
        extra: Mapping[str, object] | None = None,
        **kwargs: object,
    ) -> None:
        added = {**(extra or {}), **kwargs}
        if self.log_level <= logging.DEBUG:
            self._logger.debug(msg, *args, exc_info=exc_info, stack_info=stack_info, stacklevel=stacklevel, extra=added)
        else:
            self._add_log_record_to_buffer(logging.DEBUG, msg, args, exc_info, stack_info, added)


class Formatter(LambdaPowertoolsFormatter):
    """Powertools' formatter, with secrets and personal data redacted."""

    @override
    def formatException(self, ei: Any) -> str:
        return without_quotations(super().formatException(ei), ei[1])

    @override
    def serialize(self, log: Any) -> str:
        # Most lines have nothing to hide, and looking for that in the whole line is quicker than in each value.
        if PLAIN.issuperset(map(type, log.values())) and not may_hide(line := super().serialize(log)):
            return line
        return super().serialize(redacted(log))


def logger() -> FunctionLogger:
    """Return the logger of this process, which takes service and level from the environment."""
    if FunctionLogger.current is None:
        FunctionLogger.current = _made()
    return FunctionLogger.current


def _made() -> FunctionLogger:
    # The name of the asyncio task is of no use in a process that serves one request at a time. (typeshed lacks the
    # flag.)
    logging.logAsyncioTasks = False  # type: ignore[attr-defined]
    return FunctionLogger(
        logger_formatter=Formatter(utc=True, use_rfc3339=True, json_default=redacted),
        buffer_config=LoggerBufferConfig(flush_on_error_log=False),
    )


def start(level: str, *, environment: str, version: str) -> None:
    """Create the logger, which writes lines of `level` and above.

    Libraries and Python itself write warnings and errors only. Mangum writes nothing, because it repeats what is
    logged already.

    With Lambda's JSON log format Powertools ignores LOG_LEVEL, and Lambda sets the root logger to the function's
    configured level. That is TRACE, so that Lambda drops none of our lines, but at that level botocore would log whole
    requests.

    Args:
        level: The lowest level that is written at once; sampled invocations write all levels.
        environment: Written on every line.
        version: Written on every line.
    """
    FunctionLogger.current = log = _made()
    log.always(environment=environment, version=version)
    # Powertools resets the level to this one before it decides whether to sample the next invocation.
    log.initial_log_level = level
    log.refresh_sample_rate_calculation()
    # Libraries log through the root logger, which would write our own lines a second time.
    logging.getLogger(log.service).propagate = False
    logging.basicConfig(level=logging.WARNING, handlers=[_library_handler()], force=True)
    logging.captureWarnings(capture=True)
    logging.getLogger("mangum").setLevel(logging.CRITICAL + 1)


def identify(principal_id: str) -> None:
    """Put the caller's id (never a name or an address) on every line until the request ends."""
    logger().thread_safe_append_keys(principal_id=principal_id)


def note_call(fields: Mapping[str, object]) -> None:
    """Note the call of AWS that begins: if a bug follows, its line says which call was the last one."""
    _Request.call = fields


def write_bug(bug: Exception) -> None:
    """Write an ERROR line with the stack and the last call of AWS, after the debug lines that led there."""
    logger().flush_buffer()
    logger().exception("Unhandled exception", exc_info=bug, extra=_Request.call)


def end_request() -> None:
    """Drop the buffered debug lines, the keys of the request and its last call."""
    _Request.call = None
    logger().clear_buffer()
    logger().thread_safe_clear_keys()


def _library_handler() -> logging.Handler:
    """Return the handler for library lines, which replaces that of Lambda's runtime because it lacks our keys."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setLevel(logging.WARNING)
    handler.setFormatter(logger().registered_formatter)
    handler.addFilter(_library_line)
    return handler


def _library_line(record: logging.LogRecord) -> logging.LogRecord:
    usual = {name: value for name, value in vars(record).items() if name in USUAL}
    return logging.makeLogRecord(usual | {"logger": record.name})
