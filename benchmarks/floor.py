"""The floor: what the database alone takes for Parley's own statements, and for single inserts.

Once, converse and dispatch run in this process and every statement that they send is noted, with
its parameters. Then a bare loop sends them again to copies of the same databases: no bot, no
queue, no rows made into values. Both loops run side by side, as the two workers do.
"""

import contextlib
import re
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import event

from benchmarks import bench, databases, datasets
from pipeline.database import Database
from pipeline.runtime import Runtime

_ONE_INSERT = "INSERT INTO one_row (body) VALUES ('a message of the usual length, or nearly so');"
_TPS = re.compile(r"^tps = ([\d.]+)", re.MULTILINE)
# What ends a transaction; other entries are statements with their parameters.
_COMMIT, _ROLLBACK = "commit", "rollback"


@dataclass(slots=True)
class Script:
    """Everything that one worker said to a database that began as a copy of the one at `url`."""

    url: str
    steps: list[tuple[str, Any]] = field(default_factory=list)

    def note(self, database: Database) -> None:
        """Write down what is said from now on."""
        add = self.steps.append
        listen = event.listen

        def said(_connection: Any, _cursor: Any, statement: str, given: Any, *_more: Any) -> None:
            add((statement, given))

        listen(database.engine, "before_cursor_execute", said)
        listen(database.engine, "commit", lambda _: add((_COMMIT, None)))
        listen(database.engine, "rollback", lambda _: add((_ROLLBACK, None)))

    def replay(self, database: Database) -> None:
        """Say all of it again, over one connection."""
        pooled = database.engine.raw_connection()
        connection: Any = pooled.driver_connection
        cursor = connection.cursor()
        for statement, given in self.steps:
            if statement == _COMMIT:
                connection.commit()
            elif statement == _ROLLBACK:
                connection.rollback()
            elif isinstance(given, list):
                cursor.executemany(statement, given)
            else:
                cursor.execute(statement, given)
                if cursor.description:
                    cursor.fetchall()
        pooled.close()


@dataclass(frozen=True, slots=True)
class Floor:
    """What converse said and what dispatch said, over so many messages."""

    scripts: tuple[Script, ...]
    messages: int

    def measure(self) -> float:
        """Messages a second of both bare loops side by side."""
        with contextlib.ExitStack() as owned:
            loops = [
                threading.Thread(target=script.replay, args=(self._copy(owned, script),))
                for script in self.scripts
            ]
            started = time.perf_counter()
            for loop in loops:
                loop.start()
            for loop in loops:
                loop.join()
            return self.messages / (time.perf_counter() - started)

    def _copy(self, owned: contextlib.ExitStack, script: Script) -> Database:
        url = owned.enter_context(databases.database(script.url))
        database = owned.enter_context(databases.opened(url, is_worker=True))
        with database.read():
            return database


@contextlib.contextmanager
def noted(template: str, messages: int) -> Iterator[Floor]:
    """The floor of a backlog that the database at `template` holds."""
    with databases.database(template) as talked:
        converse = Script(template)
        _note(talked, converse, datasets.converse)
        with databases.database(talked) as sent:
            dispatch = Script(talked)
            _note(sent, dispatch, datasets.dispatch)
        yield Floor((converse, dispatch), messages)


def _note(url: str, script: Script, drain: Callable[[Runtime], None]) -> None:
    with datasets.parts(url) as built:
        script.note(built.database)
        drain(built)


def pgbench(clients: int, seconds: int) -> float | None:
    """Single-row inserts a second, each committed; None where there is no pgbench."""
    program = shutil.which("pgbench")
    if program is None:
        return None
    with databases.database() as url, tempfile.TemporaryDirectory() as folder:
        with databases.looking(url) as engine, engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE one_row (id bigserial PRIMARY KEY, body text)")
        script = Path(folder) / "insert.sql"
        script.write_text(_ONE_INSERT, "utf-8")
        options = f"-n -M prepared -c {clients} -j {min(clients, 2)} -T {seconds} -f {script}"
        command = [program, *options.split(), url]
        done = subprocess.run(
            command, check=True, capture_output=True, text=True, timeout=bench.LIMIT_SECONDS
        )
    found = _TPS.search(done.stdout)
    return float(found[1]) if found else None
