"""Reactions: logged, and a turn only for a bot that asks for them; what quotes us says nothing."""

from datetime import timedelta

import pytest
from sqlalchemy import event, update

from pipeline.botkit import LAST, Bot, Join, Turn
from pipeline.records.core.contacts import Contact
from pipeline.records.core.messages import Message
from pipeline.records.core.timers import Timer
from tests.builders import rows
from tests.pipeline.conftest import MakeStage
from tests.stage import Stage, one_state

QUESTION = "Is that right?\n\n1. Yes\n2. No, ask me again"
LIKED = "Liked “Is that right? 1. Yes 2. No, ask me again”"


def asking(turn: Turn) -> str | None:
    if turn.says("yes"):
        turn.say("Good.")
    elif turn.says("no", "again"):
        turn.say("Again, then.")
    else:
        turn.say(QUESTION)
    return None


def log_of(s: Stage) -> list[tuple[str, str, str]]:
    written = sorted(rows(s.database, Message), key=lambda row: row.id)
    return [(m.direction, m.kind, m.body) for m in written]


def test_a_tapback_on_our_words_is_no_turn(stage: MakeStage) -> None:
    s = stage(asking)
    s.hears("hi")
    s.plays()
    s.hears(LIKED)
    s.plays()
    assert s.replies == [QUESTION]
    assert log_of(s)[-1] == ("inbound", "reaction", LIKED)
    (reaction,) = (m for m in rows(s.database, Message) if m.kind == "reaction")
    (question,) = s.outbound()
    assert reaction.content == {
        "reaction": "👍",
        "reply_to": question.provider_id,
        "quoted": QUESTION,
    }
    assert [e.status for e in s.entries()] == ["handled", "handled"]
    (talk,) = s.conversations()
    assert (reaction.conversation_id, talk.last_inbound_at) == (talk.id, s.clock())


@pytest.mark.parametrize("emoji", ["👍", ""])
def test_a_whatsapp_reaction_is_no_turn(stage: MakeStage, emoji: str) -> None:
    s = stage(asking)
    s.hears("hi", channel="whatsapp")
    s.plays()
    s.hears("", channel="whatsapp", kind="reaction", reaction=emoji)
    s.plays()
    assert s.replies == [QUESTION]
    assert len(s.conversations()) == 1


def test_a_tapback_in_the_batch_of_its_question(stage: MakeStage) -> None:
    s = stage(asking)
    s.hears("hi")
    s.hears(LIKED)
    s.hears("Removed a like from “Is that right?…”")
    s.plays()
    assert s.replies == [QUESTION]
    assert [kind for _, kind, _ in log_of(s)] == ["text", "text", "reaction", "reaction"]


def test_a_tapback_on_an_operators_words(stage: MakeStage) -> None:
    s = stage(asking)
    s.hears("hi")
    s.plays()
    with s.database.write() as connection:
        connection.execute(update(Message).values(author="ada@example.com"))
    s.hears("Loved “Is that right? 1. Yes 2. No, ask me again”")
    s.plays()
    assert s.replies == [QUESTION]


@pytest.mark.parametrize(
    "text",
    [
        "Liked “Your order is on its way”",
        "Неизвестно «Is that right? 1. Yes 2. No, ask me again»",
        "what is “Is that right? 1. Yes 2. No, ask me again”",
    ],
)
def test_any_other_quote_is_a_message_that_says_none_of_our_words(
    stage: MakeStage, text: str
) -> None:
    s = stage(asking)
    s.hears("hi")
    s.plays()
    s.hears(text)
    s.plays()
    # Neither "yes" nor "no" nor "again" was theirs.
    assert s.replies == [QUESTION, QUESTION]


def test_another_contacts_words_are_not_ours_to_them(stage: MakeStage) -> None:
    s = stage(asking)
    s.hears("hi")
    s.plays()
    s.hears(LIKED, "+14155550109")
    s.plays()
    # The yes in it is theirs, as far as we know.
    assert s.replies == [QUESTION, "Good."]


def test_a_reaction_of_a_stranger_opens_nothing(stage: MakeStage) -> None:
    s = stage(asking)
    s.hears("", kind="reaction", reaction="👍")
    s.plays()
    assert s.conversations() == []
    assert [m.conversation_id for m in rows(s.database, Message)] == [None]
    assert len(rows(s.database, Contact)) == 1
    s.hears("hi")
    s.plays()
    assert s.replies == [QUESTION]


def test_a_reaction_after_the_end_opens_nothing(stage: MakeStage) -> None:
    s = stage(lambda turn: turn.say("Bye!") or turn.end())
    s.hears("hi")
    s.plays()
    s.hears("Loved “Bye!”")
    s.plays()
    assert s.replies == ["Bye!"]
    assert [talk.closed_at is not None for talk in s.conversations()] == [True]


def test_a_reaction_keeps_nothing_from_expiring(stage: MakeStage) -> None:
    bot = one_state(asking)
    bot.expires_after = timedelta(hours=1)
    s = stage(bot)
    s.hears("hi")
    s.plays()
    s.clock.pass_by(3601)
    s.hears(LIKED)
    s.plays()
    s.clock.pass_by(60)
    s.hears("hi")
    s.plays()
    assert len(s.conversations()) == 2


def test_a_time_out_counts_from_the_reaction(stage: MakeStage) -> None:
    bot = Bot("timed", start="start", loop_guard=None)
    bot.awaits("start", timeout=timedelta(minutes=10), on_timeout="late")(asking)
    bot.awaits("late", entry="Still there?")(asking)
    s = stage(bot)
    s.hears("hi")
    s.plays()
    s.clock.pass_by(540)
    s.hears(LIKED)
    s.plays()
    s.ticks(120)
    s.plays()
    assert s.replies == [QUESTION]
    assert len(rows(s.database, Timer)) == 1
    s.ticks(480)
    s.plays()
    assert s.replies == [QUESTION, "Still there?"]


@pytest.mark.parametrize("policy", [LAST, Join(seconds=5)])
def test_a_reaction_is_never_joined_with_messages(stage: MakeStage, policy: object) -> None:
    heard: list[str] = []

    def noting(turn: Turn) -> None:
        heard.append(turn.message.text)
        if turn.message.text == "hi":
            turn.say(QUESTION)

    bot = Bot("joined", start="start", loop_guard=None)
    bot.awaits("start", debounce=policy)(noting)  # type: ignore[arg-type]
    s = stage(bot)
    s.hears("hi")
    s.clock.pass_by(10)
    s.plays()
    s.hears("one")
    s.hears(LIKED)
    s.hears("", kind="reaction", reaction="👍")
    s.clock.pass_by(10)
    s.plays()
    assert heard == ["hi", "one"]


def test_an_ordinary_text_costs_no_look_at_the_log(stage: MakeStage) -> None:
    s = stage(asking)
    s.hears("hi")
    s.plays()
    asked: list[str] = []

    @event.listens_for(s.database.engine, "before_cursor_execute")
    def note(_c: object, _u: object, statement: str, *_: object) -> None:
        if "direction" in statement and "LIMIT" in statement and "body" in statement:
            asked.append(statement)

    s.hears("I don't know, isn't it “fine”")
    s.converse()
    ordinary = len(asked)
    s.hears(LIKED)
    s.converse()
    # `says` looks because of the quote, and so does the recognition: once each.
    assert (ordinary, len(asked)) == (1, 2)
