"""One turn after another: what is recorded, in which conversation, and who is silent."""

from datetime import timedelta

from pipeline import override
from pipeline.botkit import Bot, Turn
from pipeline.enums import EntryKind
from pipeline.records.core import inbox
from pipeline.records.core.contacts import Contact
from pipeline.records.core.conversations import Conversation
from pipeline.records.core.messages import Message
from pipeline.records.core.transitions import Transition
from tests.builders import a_contact, an_inbound, rows
from tests.pipeline.conftest import MakeStage
from tests.stage import ADA, BOB


def counting(turn: Turn) -> None:
    turn.data["count"] = turn.data.get("count", 0) + 1
    turn.say(f"{turn.data['count']}: {turn.message.text}")


def naming() -> Bot:
    """Takes the first words for a name and goes to "next"."""
    bot = Bot("tester", start="start")

    @bot.awaits("start")
    def start(turn: Turn) -> str:
        turn.data["name"] = turn.message.text
        turn.say("Hello", "Again")
        return "next"

    bot.awaits("next")(counting)
    return bot


def test_turn_is_recorded_whole(stage: MakeStage) -> None:
    s = stage(naming())
    s.hears("Ada", profile_name="Ada L.")
    s.converse()
    (contact,) = rows(s.database, Contact)
    (talk,) = s.conversations()
    assert (contact.key, contact.name, contact.last_seen_at) == (ADA, "Ada L.", s.clock())
    assert (talk.state, talk.data, talk.state_seq) == ("next", {"name": "Ada"}, 1)
    assert [(m.direction, m.body, m.ordinal) for m in rows(s.database, Message)] == [
        ("inbound", "Ada", 0),
        ("outbound", "Hello", 1),
        ("outbound", "Again", 2),
    ]
    (step,) = rows(s.database, Transition)
    assert (step.from_state, step.to_state, step.cause, step.actor) == (
        "start",
        "next",
        "bot",
        "tester",
    )
    assert (step.data_before, step.data_after) == ({}, {"name": "Ada"})
    assert [e.status for e in s.entries()] == ["handled"]
    assert s.wakeups == ["dispatch"]


def test_messages_of_a_contact_keep_their_order(stage: MakeStage) -> None:
    s = stage(counting)
    for number in range(40):
        s.hears(f"m{number}", (ADA, BOB)[number % 2])
    s.converse()
    for contact in rows(s.database, Contact):
        said = [r.body for r in s.outbound() if r.contact_id == contact.id]
        first = 0 if contact.key == ADA else 1
        assert said == [f"{n + 1}: m{first + 2 * n}" for n in range(20)]


def test_same_message_twice_is_one_turn(stage: MakeStage) -> None:
    s = stage(counting)
    message = s.hears("hi")
    s.puts_in(inbox.entry(message, {}))
    s.converse()
    s.puts_in(inbox.entry(message, {}))
    s.converse()
    assert s.replies == ["1: hi"]


def test_message_of_the_log_is_not_heard_again(stage: MakeStage) -> None:
    s = stage(counting)
    message = s.hears("hi")
    s.converse()
    # The key that recognises it is gone, as after keep_handled_days; its row in the log is not.
    repeated = inbox.entry(message, {}) | {"account_id": "another"}
    s.puts_in(repeated)
    s.hears("next")
    s.converse()
    assert s.replies == ["1: hi", "2: next"]
    assert [e.status for e in s.entries()] == ["handled", "ignored", "handled"]


def test_channels_and_numbers_are_talks_of_their_own(stage: MakeStage) -> None:
    s = stage(counting)
    s.hears("a")
    s.hears("b", channel="whatsapp")
    s.hears("c", recipient="+15550199")
    s.hears("d")
    s.converse()
    assert s.replies == ["1: a", "1: b", "1: c", "2: d"]
    assert len(rows(s.database, Contact)) == 1


def test_history_holds_the_log_and_this_batch(stage: MakeStage) -> None:
    def remember(turn: Turn) -> None:
        turn.say(f"[{'|'.join(past.text for past in turn.history(2))}]")

    s = stage(remember)
    for text in ("one", "two"):
        s.hears(text)
    s.converse()
    s.hears("three")
    s.converse()
    assert s.replies == ["[]", "[one|[]]", "[two|[one|[]]]"]


def test_expired_conversation_is_followed_by_a_new_one(stage: MakeStage) -> None:
    bot = Bot("tester", start="start", expires_after=timedelta(hours=24))
    bot.awaits("start")(counting)
    s = stage(bot)
    s.hears("a")
    s.converse()
    s.clock.pass_by(24 * 3600)
    s.hears("b")
    s.converse()
    s.clock.pass_by(24 * 3600 + 1)
    s.hears("c")
    s.converse()
    assert s.replies == ["1: a", "2: b", "1: c"]
    assert [t.closed_at is None for t in s.conversations()] == [False, True]


def test_ended_conversation_is_followed_by_a_new_one(stage: MakeStage) -> None:
    def ending(turn: Turn) -> None:
        counting(turn)
        if turn.message.text == "bye":
            turn.end()

    s = stage(ending)
    for text in ("a", "bye", "b"):
        s.hears(text)
    s.converse()
    assert s.replies == ["1: a", "2: bye", "1: b"]
    assert sorted(t.closed_at is None for t in s.conversations()) == [False, True]


def test_hand_over_silences_the_bot(stage: MakeStage) -> None:
    def handing(turn: Turn) -> None:
        turn.say("A human will answer.")
        turn.hand_over("asked for one")

    s = stage(handing)
    s.hears("human")
    s.hears("hello?")
    s.plays()
    s.hears("anyone?")
    s.plays()
    (reply,) = s.outbound()
    assert (reply.body, reply.status) == ("A human will answer.", "accepted")
    assert [m.body for m in rows(s.database, Message) if m.direction == "inbound"] == [
        "human",
        "hello?",
        "anyone?",
    ]


def test_held_talk_is_logged_without_a_reply(stage: MakeStage) -> None:
    s = stage(counting)
    s.hears("a")
    s.plays()
    override.take_over(s.runtime, s.conversations()[0].id, actor="ada@example.com")
    s.hears("b")
    s.plays()
    override.release(s.runtime, s.conversations()[0].id, actor="ada@example.com")
    s.hears("c")
    s.plays()
    assert s.replies == ["1: a", "2: c"]
    assert s.conversations()[0].last_inbound_at == s.clock()
    assert len([m for m in rows(s.database, Message) if m.direction == "inbound"]) == 3


def test_blocked_contact_is_logged_without_a_reply(stage: MakeStage) -> None:
    s = stage(counting)
    s.hears("a")
    s.converse()
    with s.database.write() as connection:
        connection.execute(Contact.__table__.update().values(is_blocked=True))  # type: ignore[attr-defined]  # a Table
    s.hears("b")
    s.converse()
    assert s.replies == ["1: a"]
    assert len(rows(s.database, Message)) == 3


def test_enter_turn_runs_the_send_state(stage: MakeStage) -> None:
    bot = Bot("tester", start="start")
    bot.awaits("start")(counting)

    @bot.sends("greet", then="start")
    def greet(turn: Turn) -> None:
        turn.say("Hello!")

    s = stage(bot)
    s.hears("a")
    s.converse()
    (talk,) = s.conversations()
    override.change_state(s.runtime, talk.id, "greet", actor="ada@example.com")
    s.converse()
    assert s.replies == ["1: a", "Hello!"]
    assert rows(s.database, Conversation)[0].state == "start"


def test_enter_turn_of_a_state_left_does_nothing(stage: MakeStage) -> None:
    s = stage(counting)
    s.hears("a")
    s.converse()
    (talk,) = s.conversations()
    late = {"conversation_id": str(talk.id), "state_seq": talk.state_seq + 1}
    s.puts_in(inbox.internal(EntryKind.ENTER, "late", ADA, late))
    s.converse()
    assert s.replies == ["1: a"]
    assert s.entries()[-1].status == "handled"


def test_message_with_everything_reaches_the_bot(stage: MakeStage) -> None:
    heard = []

    def listen(turn: Turn) -> None:
        heard.append(turn.message)

    s = stage(listen)
    message = an_inbound("hi", contact_key=ADA, phone=None, button_id="yes", profile_name="Ada")
    s.puts_in(inbox.entry(message, {"Body": ["hi"]}))
    s.converse()
    assert heard == [message]


def test_a_name_by_hand_outlives_profile_names(stage: MakeStage) -> None:
    s = stage(naming())
    a_contact(s.database, phone=ADA, name="Ada", attributes={"name": "Ada"})
    s.hears("hi", profile_name="ada99")
    s.converse()
    assert [contact.name for contact in rows(s.database, Contact)] == ["Ada"]
