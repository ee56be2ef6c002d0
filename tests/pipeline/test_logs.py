"""Logs: one line an event, for people or as JSON, from us and from libraries."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Literal

import pytest
import structlog
from sqlalchemy.exc import IntegrityError

from pipeline import logs
from pipeline.database import Database
from tests.builders import a_contact


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What is logged; the loggers are as before at the end."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    logs.configure("json")
    stream = io.StringIO()
    handler = root.handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(stream)
    yield stream
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_our_own_line_is_json(lines: io.StringIO) -> None:
    structlog.get_logger("pipeline.test").info("turn parked", attempt=5)
    line = json.loads(lines.getvalue())
    assert line["event"] == "turn parked"
    assert (line["attempt"], line["level"], line["logger"]) == (5, "info", "pipeline.test")
    assert line["timestamp"].endswith("Z")


def test_library_speaks_through_the_same_road(lines: io.StringIO) -> None:
    logging.getLogger("some.library").warning("it is %s", "late")
    assert json.loads(lines.getvalue())["event"] == "it is late"


def test_chatty_library_is_quiet(lines: io.StringIO) -> None:
    logging.getLogger("kombu").info("connected")
    logging.getLogger("urllib3").info("POST /Messages.json")
    assert lines.getvalue() == ""


def test_exception_is_told_with_its_traceback(lines: io.StringIO) -> None:
    try:
        int("out of sorts")
    except ValueError:
        structlog.get_logger("pipeline.test").exception("provider failed")
    assert "ValueError: invalid literal" in json.loads(lines.getvalue())["exception"]


@pytest.mark.parametrize("style", ["json", "console"])
def test_database_error_tells_no_values(
    lines: io.StringIO, database: Database, style: Literal["json", "console"]
) -> None:
    """PostgreSQL says in DETAIL which number was there already."""
    logs.configure(style)
    handler = logging.getLogger().handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(lines)
    number = "+14155550199"
    a_contact(database, key=number)
    try:
        a_contact(database, key=number)
    except IntegrityError as error:
        structlog.get_logger("pipeline.test").exception("turn failed")
        # As Celery tells of a task that failed.
        logging.getLogger("celery").exception("Task raised %r", error.orig)
    said = lines.getvalue()
    assert "+1415" not in said
    assert "IntegrityError" in said


def test_console_is_for_people(lines: io.StringIO) -> None:
    logs.configure("console")
    handler = logging.getLogger().handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(lines)
    structlog.get_logger("pipeline.test").warning("wake-up failed", error="OSError")
    assert "wake-up failed" in lines.getvalue()
    assert "error=OSError" in lines.getvalue()
