"""A turn that failed is tried with the new code as soon as that is saved."""

from pipeline.converse.drain import Converse
from pipeline.records.core import inbox
from pipeline.records.core.lanes import Lane
from pipeline.records.core.messages import Message
from tests.builders import an_inbound, rows
from tests.workers.desk import BOT, Desk


def test_failing_turns_are_tried_with_the_new_code(desk: Desk) -> None:
    desk.saves("desk.py", BOT.replace("say(HELLO)", "say(1 / 0)"))
    desk.looks()
    database = desk.runtime.database
    with database.write() as connection:
        entry = inbox.entry(an_inbound(), {}) | {"received_at": database.now(connection)}
        inbox.append(connection, [entry])
    converse = Converse(
        desk.runtime, desk.wakeups.append, is_stopping=lambda: False, overrun=lambda: None
    )
    converse.drain()
    (lane,) = rows(database, Lane)
    assert lane.attempts == 1
    assert desk.wakeups == []
    desk.saves("desk.py", BOT)
    desk.looks()
    assert desk.wakeups == ["converse"]
    converse.drain()
    assert [row.body for row in rows(database, Message) if row.direction == "outbound"] == ["one"]
