"""The world of the model: what happened, beside a database that should agree with it."""

import itertools
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Engine

from pipeline.converse.consent import Consents
from pipeline.converse.turns import TurnRunner
from pipeline.converse.work import Batch, LaneTurns
from pipeline.messages import Inbound
from pipeline.receive import Receiver
from pipeline.records import upgrading
from tests.builders import an_inbound
from tests.model import promises
from tests.model.counting_bot import Health, counting_bot
from tests.model.post_office import PostOffice
from tests.model.snapshot import Snapshot, snapshot
from tests.model.step import Step
from tests.stage import ADA, BOB, Stage, a_stage

CAROL = "+14155550103"
PEOPLE = (ADA, BOB, CAROL)
CONSENTS = {"STOP": "stop", "START": "start", "HELP": "help"}
_names = itertools.count(1)


@dataclass(slots=True, eq=False)
class TurnFlight:
    """A batch in a worker's hands. `seen`: how often operators had changed each talk by then."""

    batch: Batch
    seen: Counter[UUID]
    done: list[LaneTurns] = field(default_factory=list)
    is_run: bool = False
    is_dead: bool = False


@dataclass(slots=True)
class World:
    """A stage, what the world knows of it, and the corners that were reached.

    `acked` are the provider's ids of acknowledged messages, in order; `settled` those whose turn
    was seen to be over. `changes` counts what operators did to each talk, `counted` are the labels
    that the bot must have counted, `ranks` the furthest that each message got.
    """

    stage: Stage
    post: PostOffice
    health: Health
    receiver: Receiver
    runner: TurnRunner
    consents: Consents
    current: Snapshot
    acked: list[str] = field(default_factory=list)
    said: dict[str, Inbound] = field(default_factory=dict)
    settled: set[str] = field(default_factory=set)
    ever_parked: set[int] = field(default_factory=set)
    changes: Counter[UUID] = field(default_factory=Counter)
    counted: set[str] = field(default_factory=set)
    ranks: dict[int, int] = field(default_factory=dict)
    told: list[tuple[str, str]] = field(default_factory=list)
    looked_at: tuple[int, int] | None = None
    reached: Counter[str] = field(default_factory=Counter)
    inbound_ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @contextmanager
    def step(self, name: str, **details: Any) -> Iterator[None]:
        """One step; afterwards every promise is looked at."""
        yield
        changes = self.rows_changed()
        if changes is None or changes != self.looked_at:
            self.looked_at = changes
            before, self.current = self.current, snapshot(self.stage.database)
            promises.check(self, Step(name, **details), before, self.current)

    def rows_changed(self) -> tuple[int, int] | None:
        """A figure that stays while nothing changes; None where the database has none."""
        if not self.stage.database.is_sqlite:
            return None
        with self.stage.database.read() as connection:
            sqlite = connection.connection.driver_connection
            assert isinstance(sqlite, sqlite3.Connection)
            return sqlite.total_changes, len(self.post.takes)

    def says(self, contact: str, text: str) -> Inbound:
        """What a contact sends; not yet received."""
        return an_inbound(
            text,
            provider="post",
            account_id="",
            provider_id=f"SMin{next(self.inbound_ids)}",
            contact_key=contact,
            phone=contact,
            consent=CONSENTS.get(text),
        )

    def passes(self, seconds: float) -> None:
        """Nothing happens for a while."""
        self.stage.clock.pass_by(seconds)

    def close(self) -> None:
        self.stage.database.close()


def a_world(url: str) -> World:
    """A world on the database at `url`, which has every table."""
    post, health = PostOffice(), Health()
    stage = a_stage(url, counting_bot(health), post)
    post.clock = stage.clock
    runtime = stage.runtime
    return World(
        stage,
        post,
        health,
        receiver=Receiver(stage.database, stage.wakeups.append),
        runner=TurnRunner(runtime.bot, post.name, _no_history),
        consents=Consents(stage.database, runtime.bot, post.name),
        current=snapshot(stage.database),
    )


def _no_history(*_: object) -> Sequence[Any]:
    return []


def in_memory(template: Engine) -> World:
    """A world on a database of its own in memory, with the tables of `template`."""
    url = f"sqlite:///file:world{next(_names)}?mode=memory&cache=shared&uri=true"
    stage = a_stage(url)
    copy(template, stage.database.engine)
    world = a_world(url)
    stage.database.close()
    return world


def a_template() -> Engine:
    """A database in memory with every table, for worlds to copy."""
    database = a_stage("sqlite:///file:template?mode=memory&cache=shared&uri=true").database
    with database.write() as connection:
        upgrading.upgrade(connection)
    return database.engine


def copy(source: Engine, target: Engine) -> None:
    """SQLite's own copy of a whole database: a millisecond, where the migrations take a tenth."""
    with source.connect() as read, target.connect() as written:
        to, of = written.connection.driver_connection, read.connection.driver_connection
        assert isinstance(of, sqlite3.Connection)
        assert isinstance(to, sqlite3.Connection)
        of.backup(to)
