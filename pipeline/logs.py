"""Logging: structlog to standard error, for people or as JSON; no bodies, numbers or tokens."""

import logging
import re
import sys
from typing import Literal

import structlog
from structlog.typing import EventDict

_QUIET = (
    "celery.app.trace",
    "celery.worker.strategy",
    "celery.beat",
    "kombu",
    "amqp",
    "alembic",
    "urllib3",
)


# PostgreSQL's values: "DETAIL:  Key (key)=(+1415…) already exists." On a separate line, or in a
# repr.
_VALUES = re.compile(r"(DETAIL|CONTEXT):.*?(?=\\n|\n|$)")


def _without_values(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Remove the values of rows from a database's errors."""
    for name, value in event.items():
        if isinstance(value, str) and ("DETAIL:" in value or "CONTEXT:" in value):
            event[name] = _VALUES.sub(r"\1: left out", value)
    return event


_SHARED: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
    _without_values,
]


def configure(style: Literal["console", "json"], *, level: int = logging.INFO) -> None:
    """Set up logging for this process; libraries log through the same road."""
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(_formatter(style))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _formatter(style: Literal["console", "json"]) -> logging.Formatter:
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if style == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    )
