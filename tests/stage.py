"""The engine on a stage: its verbs in one process, a clock that a test sets, wake-ups recorded."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row, select

from pipeline import sweep
from pipeline.botkit import Bot, Turn
from pipeline.converse.drain import Converse
from pipeline.database import Database
from pipeline.dispatch.drain import Dispatch
from pipeline.messages import Inbound, StatusCallback
from pipeline.providers.base import Provider
from pipeline.records.core import inbox, status_callbacks
from pipeline.records.core.conversations import Conversation
from pipeline.records.core.inbox import Entry
from pipeline.records.core.lanes import Lane
from pipeline.records.core.messages import Message
from pipeline.runtime import Runtime
from pipeline.settings import Settings
from tests.builders import an_inbound, rows
from tests.provider_for_tests import Post

ADA = "+14155550101"
BOB = "+14155550102"
Handler = Callable[[Turn], str | None]


@dataclass(slots=True)
class Clock:
    """A clock that stands still until it is told."""

    now: datetime = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass(slots=True)
class Stage:
    """A database with a clock, a bot and a provider, and short ways to make things happen."""

    database: Database
    clock: Clock
    runtime: Runtime
    wakeups: list[str] = field(default_factory=list)
    overruns: list[str] = field(default_factory=list)
    is_stopping: bool = False

    def hears(self, text: str = "hi", contact: str = ADA, **values: Any) -> Inbound:
        """A contact's message, as receive would put it in the inbox."""
        message = an_inbound(text, **({"contact_key": contact, "phone": contact} | values))
        self.puts_in(inbox.entry(message, {}))
        return message

    def puts_in(self, entry: dict[str, Any]) -> None:
        with self.database.write() as connection:
            inbox.append(connection, [entry | {"received_at": self.clock()}])

    def gets(self, provider_id: str, status: str, **values: Any) -> None:
        """A status callback, as receive would take it."""
        callback = StatusCallback("post", "", provider_id, status, **values)
        row = status_callbacks.row(callback, {}) | {"received_at": self.clock()}
        with self.database.write() as connection:
            status_callbacks.append(connection, [row])

    def conversing(self) -> Converse:
        """A converse drain of its own, as each worker has."""
        return Converse(
            self.runtime,
            self.wakeups.append,
            is_stopping=lambda: self.is_stopping,
            overrun=lambda: self.overruns.append("overrun"),
        )

    def converse(self) -> None:
        self.conversing().drain()

    def dispatch(self) -> None:
        """Send what is due, in threads that end before this returns."""
        sending = self.dispatching()
        try:
            sending.drain()
        finally:
            sending.close()

    def dispatching(self) -> Dispatch:
        return Dispatch(self.runtime, self.wakeups.append, is_stopping=lambda: self.is_stopping)

    def ticks(self, seconds: float = 0) -> None:
        """Time passes, and the clock process does its round."""
        self.clock.pass_by(seconds)
        sweep.move_due_timers(self.database)

    def plays(self) -> None:
        """Every worker works until nothing is due."""
        self.converse()
        self.dispatch()

    @property
    def replies(self) -> list[str]:
        """The bodies of what goes out, in the order of the log."""
        return [row.body for row in self.outbound()]

    def outbound(self) -> list[Row[Any]]:
        query = select(Message.__table__).where(Message.direction == "outbound")
        with self.database.read() as connection:
            return list(connection.execute(query.order_by(Message.id)))

    def entries(self) -> list[Row[Any]]:
        return sorted(rows(self.database, Entry), key=lambda row: row.id)

    def conversations(self) -> list[Row[Any]]:
        return sorted(rows(self.database, Conversation), key=lambda row: row.opened_at)

    def lane(self, key: str = ADA, direction: str = "inbound") -> Row[Any]:
        found = rows(self.database, Lane)
        return next(row for row in found if (row.key, row.direction) == (key, direction))


def a_stage(
    url: str,
    bot: Bot | Handler | None = None,
    provider: Provider | None = None,
    **settings: Any,
) -> Stage:
    """A stage on the database at `url`; a plain function is the bot's only state, "start"."""
    clock = Clock()
    database = Database(url, statement_seconds=5, clock=clock)
    given = Settings.model_construct(**settings)
    actor = bot if isinstance(bot, Bot) else one_state(bot or echo)
    return Stage(database, clock, Runtime(given, database, provider or Post(), actor))


def one_state(handler: Handler) -> Bot:
    """A bot with one state, "start"."""
    bot = Bot("tester", start="start", loop_guard=None)
    bot.awaits("start")(handler)
    return bot


def echo(turn: Turn) -> None:
    turn.say(turn.message.text)
