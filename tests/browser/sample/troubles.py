"""What goes wrong: sends that fail for several reasons, turns that raise, words of STOP."""

from datetime import timedelta

from pipeline.botkit import Bot, Turn
from pipeline.enums import Status
from pipeline.errors import ContactOptedOut, MessageRefused, OutcomeUnknown, SenderBlocked
from pipeline.messages import Accepted
from pipeline.providers.twilio.codes import CODES
from tests.browser.sample.play import Operator, Phone, Play

# The pauses after a turn that raised, as pipeline/converse has them.
BACK_OFF_SECONDS = (1, 5, 25, 120)
OTHER_NUMBER = "+14155550199"


def play_troubles(play: Play, first: Operator, second: Operator) -> None:
    """Everything that needs somebody."""
    _refused_sends(play, first)
    _undelivered(play, second)
    _parked_turns(play)
    _unknown_states(play, second)
    _unwilling(play, first)
    _window_closed(play)


def _refused_sends(play: Play, operator: Operator) -> None:
    for minutes, number, code in (
        (21, "+14155550171", "21211"),
        (83, "+14155550172", "21614"),
        (190, "+14155550173", "30005"),
    ):
        phone = Phone(play, number)
        play.ago(minutes=minutes)
        play.answers(MessageRefused(CODES[code].reason, code=code))
        phone.says("Please call me back")
        operator.reads(phone)


def _undelivered(play: Play, operator: Operator) -> None:
    off = Phone(play, "+447700900102")
    play.ago(minutes=12)
    play.answers(Accepted("SM-off", Status.SENT))
    off.says("hello?")
    off.gets("undelivered", "30003")
    operator.reads(off)
    spam = Phone(play, "+14155550175")
    play.ago(minutes=33)
    spam.says("What do I win?")
    play.answers(Accepted("SM-spam", Status.SENT))
    operator.writes(spam, "Nothing to win here, but 10% off: https://shop.example.com")
    spam.gets("undelivered", "30007")
    nobody_knows = Phone(play, "+14155550176")
    play.ago(minutes=1)
    play.answers(OutcomeUnknown("Twilio answered 502", code="20500"))
    nobody_knows.says("Did you get this?")


def _parked_turns(play: Play) -> None:
    with play.bot(a_broken_bot()):
        for minutes, number, words in (
            (44, "+14155550181", "When can I come?"),
            (57, "+447700900823", "Is the order on its way?"),
        ):
            play.ago(minutes=minutes)
            Phone(play, number).says(words)
            for seconds in BACK_OFF_SECONDS:
                play.passes(seconds=seconds)


def a_broken_bot() -> Bot:
    """The template with a mistake in it, as a new version may have."""
    bot = Bot("template", start="unstructured")

    @bot.awaits("unstructured", timeout=timedelta(hours=1), on_timeout="unstructured")
    def unstructured(turn: Turn) -> None:
        if "order" in turn.message.text:
            turn.say(f"It is {where_is(turn.data)}.")
        raise ConnectionRefusedError(111, "Connection refused: calendar.example.com:443")

    return bot


def where_is(data: dict[str, object]) -> object:
    """The order's place, with the mistake."""
    return data["order"]


def _unknown_states(play: Play, operator: Operator) -> None:
    for minutes, number in ((150, "+14155550183"), (240, "+447700900644"), (360, "+14155550185")):
        phone = Phone(play, number)
        play.ago(minutes=minutes)
        phone.says("hi")
        operator.sets(phone, "awaiting_payment", "moved here from the shop")
        operator.reads(phone)


def _unwilling(play: Play, operator: Operator) -> None:
    stopped = Phone(play, "+14155550187")
    play.ago(minutes=64)
    stopped.says("hi")
    stopped.says("STOP")
    operator.reads(stopped)
    elsewhere = Phone(play, "+14155550189")
    play.ago(minutes=130)
    play.answers(ContactOptedOut(CODES["21610"].reason, code="21610"))
    elsewhere.says("hey")
    operator.reads(elsewhere)
    rude = Phone(play, "+14155550191", "not to be written to")
    play.ago(hours=12)
    rude.says("hi")
    operator.reads(rude)
    operator.blocks(rude)


def _window_closed(play: Play) -> None:
    late = Phone(play, "+447700900903", "Robin", "whatsapp")
    play.ago(hours=30)
    late.says("Please write to me tomorrow")


def play_waiting(play: Play) -> None:
    """At the end: one number of ours is not registered, and two messages were not heard yet."""
    play.ago(minutes=2)
    play.answers(SenderBlocked(CODES["30034"].reason, code="30034"))
    Phone(play, "+14155550193", ours=OTHER_NUMBER).says("Is this the new number?")
    play.ago(seconds=2)
    Phone(play, "+14155550194").says("hi", is_answered=False)
