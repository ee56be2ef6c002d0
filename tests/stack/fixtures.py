"""A pytest plugin for tests that run real processes: stacks to make, their logs, their figures."""

import os
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from proving.faults.fake_twilio import FakeTwilio
from proving.faults.stack import RUNNING, Stack
from tests.databases import a_database
from tests.stack import servers

pytest.register_assert_rewrite("tests.journeys.effects")

# What most stacks run; without it a stack has the template bot.
BOT = "proving.faults.counting_bot:bot"
KINDS = ("sqlite + embedded", "postgresql + redis", "postgresql + rabbitmq")
BROKERS = {"embedded": servers.embedded, "redis": servers.redis, "rabbitmq": servers.rabbitmq}

LONG = {"benchmarks", "faults", "journeys", "test_schema"}

FIGURES: list[str] = []

MakeStack = Callable[..., AbstractContextManager[Stack]]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, so that no test process is the last one for long."""
    items.sort(key=lambda item: LONG.isdisjoint(item.path.with_suffix("").parts))


def _upgrade(url: str) -> None:
    """What the Procfile's release line does."""
    parley = Path(sys.executable).with_name("parley")
    environment = {**os.environ, "DATABASE_URL": url}
    subprocess.run([parley, "db", "upgrade"], env=environment, check=True, timeout=30)


@pytest.fixture(scope="session")
def upgraded_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database with every table, which each stack copies."""
    path = tmp_path_factory.mktemp("upgraded") / "parley.db"
    _upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def upgraded_database(server: Connection) -> Iterator[str]:
    """The name of a PostgreSQL database with every table, which each stack copies."""
    with a_database(server) as name:
        _upgrade(servers.database_url(server, name))
        yield name


@pytest.fixture(scope="session")
def make_stack(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> MakeStack:
    """`with make_stack("postgresql + redis", BOT=…) as stack:` nothing is started yet."""

    @contextmanager
    def make(kind: str, **settings: str) -> Iterator[Stack]:
        folder = tmp_path_factory.mktemp("stack")
        database, _, broker = kind.partition(" + ")
        with ExitStack() as owned:
            database_url = owned.enter_context(_database(request, database, folder))
            broker_url = owned.enter_context(BROKERS[broker]())
            fake = owned.enter_context(FakeTwilio())
            addresses = {"database_url": database_url, "broker_url": broker_url}
            stack = Stack(folder, fake, **{**addresses, **settings})
            owned.callback(stack.stop)
            yield stack

    return make


def _database(
    request: pytest.FixtureRequest, database: str, folder: Path
) -> AbstractContextManager[str]:
    if database == "sqlite":
        return servers.sqlite(request.getfixturevalue("upgraded_file"), folder)
    template = request.getfixturevalue("upgraded_database")
    return servers.postgresql(request.getfixturevalue("server"), template)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, Any, Any]:
    """Show the logs of the processes under a failed test."""
    report = yield
    if report.failed:
        report.sections += [("processes under test", stack.logs()) for stack in RUNNING]
    return report


def figure(text: str) -> None:
    """Show a measured value at the end of the run."""
    FIGURES.append(text)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What was measured."""
    if FIGURES:
        terminalreporter.section("figures")
        for text in FIGURES:
            terminalreporter.line(text)
        FIGURES.clear()
