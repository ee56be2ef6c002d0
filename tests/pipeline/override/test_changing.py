"""State and holder set in one go: both or neither."""

from datetime import UTC, datetime, timedelta

import pytest

from pipeline import override
from pipeline.database import Database
from pipeline.enums import Holder, TimerKind
from pipeline.errors import ChangeRefused, UnknownState
from pipeline.override import Change, conversations
from pipeline.records.accounts.audit import AuditEntry
from pipeline.records.core.conversations import Conversation
from pipeline.records.core.inbox import Entry
from pipeline.records.core.timers import Timer
from pipeline.records.core.transitions import Transition
from pipeline.runtime import Runtime
from tests.builders import a_conversation, rows


def test_a_move_with_a_hold_is_one_change(runtime: Runtime, database: Database) -> None:
    made = a_conversation(database)
    change = Change("support", Holder.OPERATOR, reason="stuck", minutes=10)
    override.change_state_and_holder(runtime, made.id, change, actor="ada")
    (now,) = rows(database, Conversation)
    assert (now.state, now.holder, now.held_by) == ("support", "operator", "ada")
    assert rows(database, Transition)[0].reason == "stuck"
    assert [entry.action for entry in rows(database, AuditEntry)] == ["change_state", "hold"]
    timers = {timer.name: timer for timer in rows(database, Timer)}
    assert timers.keys() == {"timeout", TimerKind.RELEASE}
    assert timers[TimerKind.RELEASE].state_seq == now.state_seq == 1
    assert timers[TimerKind.RELEASE].due_at - timers[TimerKind.RELEASE].armed_at == timedelta(
        minutes=10
    )


def test_a_move_that_frees_is_one_change(runtime: Runtime, database: Database) -> None:
    made = a_conversation(database)
    override.take_over(runtime, made.id, actor="ada", minutes=10)
    override.change_state_and_holder(runtime, made.id, Change("support", Holder.BOT), actor="ada")
    (now,) = rows(database, Conversation)
    assert (now.state, now.holder, now.held_by, now.held_until) == ("support", "bot", "", None)
    assert [timer.name for timer in rows(database, Timer)] == ["timeout"]
    done = [entry.action for entry in rows(database, AuditEntry)]
    assert done == ["hold", "change_state", "give_back"]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (Change("nowhere", Holder.OPERATOR), UnknownState),
        (Change("greet", Holder.OPERATOR, minutes=0), ChangeRefused),
    ],
)
def test_refused_is_neither(
    runtime: Runtime, database: Database, change: Change, error: type[Exception]
) -> None:
    made = a_conversation(database)
    with pytest.raises(error):
        override.change_state_and_holder(runtime, made.id, change, actor="ada")
    assert rows(database, Conversation) == [made]


def test_a_hold_that_fails_leaves_the_state(
    runtime: Runtime, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise ChangeRefused("no")

    monkeypatch.setattr(conversations, "audit_take_over", refuse)
    made = a_conversation(database)
    with pytest.raises(ChangeRefused):
        override.change_state_and_holder(
            runtime, made.id, Change("greet", Holder.OPERATOR), actor="ada"
        )
    assert rows(database, Conversation) == [made]
    assert rows(database, Entry) == rows(database, AuditEntry) == []


def test_an_ended_one_is_refused(runtime: Runtime, database: Database) -> None:
    made = a_conversation(database, closed_at=datetime.now(UTC))
    with pytest.raises(ChangeRefused, match="has ended"):
        override.change_state_and_holder(runtime, made.id, Change("greet", Holder.BOT), actor="ada")
