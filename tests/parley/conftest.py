"""Fixtures: the command given words in an empty folder, without a process of its own."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner, Result

from parley.main import main

Run = Callable[..., Result]


@pytest.fixture
def parley(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Give the command these words, in an empty folder; the loggers are as before at the end.

    In this process, for a process of its own takes a second to begin.
    """
    monkeypatch.chdir(tmp_path)
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield lambda *words, **settings: CliRunner().invoke(
        main, words, env={"COLUMNS": "100"} | settings, prog_name="parley"
    )
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def run(parley: Run, database_url: str) -> Run:
    """Give `parley failures` these words, on the database of the test."""
    return lambda *words, **settings: parley(
        "failures", *words, DATABASE_URL=database_url, **settings
    )
