"""The test kit and the engine do the same, whatever happens to a conversation."""

import os
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline import override
from pipeline.botkit import Bot, ContactView, Join, Name, Turn
from pipeline.botkit.testing.session import Talk
from pipeline.conversation.consent import CONSENT
from pipeline.conversation.consent_keywords import consent
from pipeline.converse.drain import Converse
from pipeline.records import Record
from pipeline.records.core.contacts import Contact
from pipeline.records.core.conversations import Conversation
from pipeline.records.core.timers import Timer
from tests.builders import rows
from tests.pipeline.conftest import MakeStage
from tests.stage import ADA, Stage

# CONVERSATION_EXAMPLES=5000 for a long run.
EXAMPLES = int(os.environ.get("CONVERSATION_EXAMPLES", "25"))
ACTOR = "operator"
MINUTE = timedelta(minutes=1)
STATES = ("open", "late", "menu", "quiet", "name", "joined")
minutes = st.sampled_from([1, 2, 3, 5, 7, 10, 15, 20, 30, 60, 400])
texts = st.sampled_from(
    [
        *("hi", "menu", "quiet", "person", "twice", "remind", "over", "late", "name", "Ada", "1"),
        *("Liked “open: hi”", "Loved “Menu?”", "Removed a like from “quiet: …”", "Liked “nothing”"),
        *("STOP", "START", "HELP", "joined", "plan", "drop"),
    ]
)
steps = st.one_of(
    st.tuples(st.just("hear"), texts),
    st.tuples(st.just("react"), st.just("👍")),
    st.tuples(st.just("wait"), minutes),
    st.tuples(st.just("take over"), st.none() | minutes),
    st.tuples(st.just("release"), st.none()),
    st.tuples(st.just("state"), st.sampled_from(STATES)),
    st.tuples(st.sampled_from(["restart", "close"]), st.none()),
)


def a_bot(start: str) -> Bot:
    """Time-outs, nudges, reminders, hand-overs, ends, entry actions and a question."""
    bot = Bot("drawn", start=start, loop_guard=None, expires_after=timedelta(hours=5))
    add_states(bot)
    return bot


def common(turn: Turn) -> str | None:
    text = turn.message.text
    turn.data["heard"] = turn.data.get("heard", 0) + 1
    if text == "person":
        turn.hand_over("asked")
    elif text == "over":
        turn.end()
    elif text == "twice":
        turn.remind(5 * MINUTE, "late")
        turn.remind(20 * MINUTE, "late")
    elif text == "remind":
        turn.remind(10 * MINUTE, "menu")
    elif text == "plan":
        turn.contact.attributes.setdefault("plans", []).append(turn.state)
    elif text == "drop":
        turn.contact.attributes.pop("plans", None)
    turn.say(f"{turn.state}: {text} {turn.contact.attributes.get('plans')}")
    return text if text in STATES else None


def add_states(bot: Bot) -> None:
    bot.awaits("open", timeout=30 * MINUTE, on_timeout="late")(common)
    bot.sends("late", then="open")(lambda turn: turn.say(f"late {turn.now:%H:%M}"))
    bot.awaits(
        "menu",
        entry="Menu?",
        nudge_after=7 * MINUTE,
        nudge="Hm?",
        timeout=15 * MINUTE,
        on_timeout="open",
    )(common)
    bot.awaits("quiet", timeout=10 * MINUTE, on_timeout="late")(common)
    bot.awaits("joined", debounce=Join(seconds=3), timeout=10 * MINUTE, on_timeout="late")(common)
    bot.asks("name", "Name?", Name(), into="name", then="quiet", tries=2, give_up="open")


@dataclass(slots=True)
class Pair:
    """One contact twice: in the engine and in the kit."""

    stage: Stage
    drain: Converse
    kit: Talk
    replies: list[str] = field(default_factory=list)
    kit_replies: list[str] = field(default_factory=list)
    queued: int = 0

    def perform(self, what: str, value: Any) -> None:
        """Do one thing to both; an operator can do nothing before there is a conversation."""
        engine = self.conversation()
        if what == "hear":
            self.stage.hears(value, consent=consent(value, "sms"))
            self.run_kit("hear", value)
            # The engine's clock follows the pause after joined messages.
            self.drain.drain()
            self.stage.clock.now = self.kit.now
        elif what == "react":
            self.stage.hears("", kind="reaction", reaction=value)
            self.run_kit("react", value)
        elif what == "wait":
            self.wait(timedelta(minutes=value))
        elif engine is not None and engine.closed_at is None:
            self.operate(what, value, engine)
        self.settle()

    def operate(self, what: str, value: Any, engine: Any) -> None:
        runtime, key = self.stage.runtime, engine.id
        if what == "take over":
            override.take_over(runtime, key, actor=ACTOR, minutes=value)
            self.run_kit("take_over", value)
        elif what == "release":
            override.release(runtime, key, actor=ACTOR)
            self.run_kit("release")
        elif what == "state":
            override.change_state(runtime, key, value, actor=ACTOR)
            self.run_kit("enter", value)
        elif what == "restart":
            override.reset(runtime, key, actor=ACTOR)
            self.run_kit("restart")
        else:
            override.end(runtime, key, actor=ACTOR)
            self.run_kit("close")

    def run_kit(self, what: str, *values: Any) -> None:
        getattr(self.kit, what)(*values)
        self.kit_replies += [reply.body for reply in self.kit.replies]

    def settle(self) -> None:
        """What is due now runs."""
        self.drain.drain()
        self.stage.ticks()
        self.drain.drain()
        self.run_kit("wait", timedelta())

    def wait(self, duration: timedelta) -> None:
        """The engine's clock stops at each moment when a timer is due, as the kit's does."""
        until = self.stage.clock.now + duration
        while moment := self.next_moment(until):
            self.stage.clock.now = moment
            self.stage.ticks()
            self.drain.drain()
        self.stage.clock.now = until
        self.run_kit("wait", duration)

    def next_moment(self, until: datetime) -> datetime | None:
        moments = [timer.due_at for timer in self.timers()]
        later = [at for at in moments if self.stage.clock.now < at <= until]
        return min(later, default=None)

    def conversation(self) -> Any:
        """The contact's newest conversation in the engine."""
        found = rows(self.stage.database, Conversation)
        return max(found, key=lambda row: row.id, default=None)  # they begin with the time

    def timers(self) -> list[Any]:
        return rows(self.stage.database, Timer)

    def receive(self) -> None:
        """What the engine queued reaches the contact, as dispatch would have it."""
        new = self.stage.outbound()[self.queued :]
        self.queued += len(new)
        is_out = any(contact.opt_outs for contact in rows(self.stage.database, Contact))
        self.replies += [row.body for row in new if not is_out or CONSENT in row.content]
        assert is_out == self.kit.is_opted_out

    def compare(self) -> None:
        engine, kit = self.conversation(), self.kit.conversation
        self.receive()
        assert self.replies == self.kit_replies
        if engine is None:
            return
        assert engine.state == kit.state
        assert engine.data == kit.data
        assert engine.memory == kit.memory
        assert engine.choices == [[c.number, c.id, c.title] for c in kit.choices]
        assert (engine.holder, engine.held_until) == (kit.holder, kit.held_until)
        assert engine.closed_at == kit.closed_at
        assert engine.state_seq == kit.state_seq
        (contact,) = rows(self.stage.database, Contact)
        assert contact.attributes == self.kit.contact.attributes
        mine = [(t.name, t.to_state, t.armed_at, t.due_at) for t in self.timers()]
        theirs = [(t.kind, t.to_state, t.armed_at, t.due_at) for t in self.kit.timers]
        assert sorted(mine) == sorted(theirs)


@pytest.mark.parametrize("start", ["open", "menu"])
def test_kit_and_engine_agree(stage: MakeStage, start: str) -> None:
    s = stage(a_bot(start))
    drain = s.conversing()

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(steps, min_size=1, max_size=14))
    def check(drawn: list[tuple[str, Any]]) -> None:
        empty(s)
        view = ContactView("rehearsal", ADA)
        kit = Talk(s.runtime.bot, channel="sms", contact=view, now=s.clock.now)
        pair = Pair(s, drain, kit)
        for what, value in drawn:
            pair.perform(what, value)
            pair.compare()

    check()


def empty(s: Stage) -> None:
    """Each example begins with an empty database."""
    with s.database.write() as connection:
        for table in reversed(Record.metadata.sorted_tables):
            connection.execute(table.delete())
