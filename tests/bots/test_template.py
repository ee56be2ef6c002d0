"""The shipped template, talked through on every path."""

from datetime import timedelta

import pytest

from bots import template
from bots.template import bot
from pipeline.botkit import Tester, Turn

OFFERS = "\n\n1. Book a visit\n2. Get support\nReply with a number."
GREETING = f"Hi! What can I do for you?{OFFERS}"


def booking() -> Tester:
    """All three questions answered; the summary waits for a yes."""
    talk = Tester(bot).hears("hi").hears("1").says("What is your name?").in_state("collect_info")
    talk.hears("  Ada   Lovelace ").says("What is your e-mail address?")
    talk.hears("Ada@Example.com").says("Which day suits you?…").hears("2030-06-24")
    return talk.says("Ada Lovelace, ada@example.com, on 2030-06-24. Is that right?…")


def test_template_has_no_problems() -> None:
    assert bot.check() == []


def test_contacts_rest_in_three_states() -> None:
    resting = [name for name, state in bot.states.items() if state.sort == "await"]
    assert resting == ["unstructured", "support", "collect_info"]


@pytest.mark.parametrize("text", ["hi", "Hello!", "qwertz", ""])
def test_first_words_are_greeted(text: str) -> None:
    Tester(bot).hears(text).says(GREETING).in_state("unstructured")


def test_contact_is_greeted_by_name() -> None:
    Tester(bot, name="Ada").hears("hi").says("Hi Ada!…")


def test_unknown_words_get_a_friendly_nudge() -> None:
    talk = Tester(bot).hears("hi").hears("blue bananas")
    talk.says(f"Sorry, I did not get that. I can help with one of these:{OFFERS}")


@pytest.mark.parametrize("text", ["1", "book a visit", "I want to sign up", "Can I join?"])
def test_joining_words_ask_for_a_name(text: str) -> None:
    talk = Tester(bot).hears("hi").hears(text)
    talk.says("What is your name?").in_state("collect_info")


@pytest.mark.parametrize("text", ["2", "get support", "I need an agent", "help me please"])
def test_support_words_open_support(text: str) -> None:
    talk = Tester(bot).hears("hi").hears(text)
    talk.says("Sorry that you need help…").in_state("support")


def test_booking_is_confirmed_and_kept() -> None:
    talk = booking().hears("yes").says("Done!…").in_state("unstructured")
    talk.has_data(name="Ada Lovelace", email="ada@example.com", date="2030-06-24", confirmed=True)


@pytest.mark.parametrize("text", ["2", "no", "that is not right"])
def test_wrong_summary_asks_again(text: str) -> None:
    booking().hears(text).says("What is your name?").in_state("collect_info")


def test_unclear_answer_shows_the_summary_again() -> None:
    booking().hears("hm").says("Ada Lovelace…").in_state("collect_info")


def test_second_booking_begins_from_nothing() -> None:
    booking().hears("1").hears("book").says("What is your name?")


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        (["42"], "That does not look like a name. What is your name?"),
        ([""], "That does not look like a name. What is your name?"),
        (["Ada", "ada at home"], "That does not look like an e-mail address…"),
        (["Ada", "a@b.org", "soon"], "I could not read that date. Which day…"),
        (["Ada", "a@b.org", "2030-02-30"], "I could not read that date…"),
        (["Ada", "a@b.org", "2029-12-31"], "That day has passed…"),
    ],
)
def test_wrong_answers_are_asked_again(answers: list[str], reason: str) -> None:
    talk = Tester(bot).hears("book")
    for answer in answers:
        talk.hears(answer)
    talk.says(reason).says_nothing().in_state("collect_info")


@pytest.mark.parametrize("text", ["2030-06-24", "24.06.2030", "24 June 2030", "24 jun 2030"])
def test_dates_are_read_in_several_forms(text: str) -> None:
    talk = Tester(bot).hears("book").hears("Ada").hears("a@b.org").hears(text)
    talk.has_data(date="2030-06-24")


def test_silence_pauses_and_book_goes_on() -> None:
    talk = Tester(bot).hears("book").hears("Ada").passes(timedelta(minutes=30))
    talk.says("I have kept your answers…").in_state("unstructured")
    talk.hears("book").says("What is your e-mail address?").has_data(name="Ada")


def test_problem_is_noted_and_handed_over() -> None:
    talk = Tester(bot).hears("support").hears("It broke").says("Thank you, I have noted that…")
    talk.hears("Twice").says("Added to your notes…").hears("1")
    talk.says("I have called a colleague…").handed_over("It broke / Twice").in_state("support")


def test_human_may_be_asked_for_at_once() -> None:
    talk = Tester(bot).hears("support").hears("a human please")
    talk.handed_over("asked for a person")


def test_file_is_noted_as_a_file() -> None:
    talk = Tester(bot, "whatsapp").hears("support").hears(media="https://example.com/a.jpg")
    talk.has_data(problem=["(sent a file)"])


@pytest.mark.parametrize("text", ["2", "back", "that is all"])
def test_support_can_be_left(text: str) -> None:
    talk = Tester(bot).hears("support").hears("It broke").hears(text)
    talk.says("All right…").in_state("unstructured")


@pytest.mark.parametrize("state", ["unstructured", "support", "collect_info"])
def test_operator_may_set_any_state(state: str) -> None:
    talk = Tester(bot).hears("hi").enters(state).hears("It broke")
    assert talk.talk.replies


@pytest.mark.parametrize("begin", ["support", "book"])
def test_menu_leaves_any_state(begin: str) -> None:
    Tester(bot).hears(begin).hears("Menu").says(GREETING).in_state("unstructured")


def test_start_over_forgets_everything() -> None:
    talk = Tester(bot).hears("book").hears("Ada").hears("start over").says(GREETING)
    assert talk.in_state("unstructured").talk.data == {"greeted": True}


@pytest.fixture
def _a_responder(monkeypatch: pytest.MonkeyPatch) -> None:
    async def responder(turn: Turn) -> str | None:
        return f"About {turn.message.text}: yes." if turn.says("dogs") else None

    monkeypatch.setattr(template, "responder", responder)


@pytest.mark.usefixtures("_a_responder")
def test_responder_answers_where_rules_do_not() -> None:
    talk = Tester(bot).hears("dogs?").says("About dogs?: yes.").says_nothing()
    talk.in_state("unstructured").has_data(greeted=True)
    talk.hears("support").hears("my dogs").says("About my dogs: yes.…").in_state("support")
    talk.has_data(problem=["my dogs"]).hears("1").handed_over("my dogs")


@pytest.mark.usefixtures("_a_responder")
def test_rules_answer_where_the_responder_does_not() -> None:
    talk = Tester(bot).hears("cats?").says(GREETING).hears("cats?").says("Sorry…")
    talk.hears("support").hears("my cats").says("Thank you, I have noted that…")


@pytest.mark.usefixtures("_a_responder")
@pytest.mark.parametrize(
    ("text", "state"), [("hi dogs", "unstructured"), ("book dogs", "collect_info")]
)
def test_rules_come_before_the_responder(text: str, state: str) -> None:
    talk = Tester(bot).hears(text).in_state(state)
    assert not talk.talk.replies[0].body.startswith("About")


def test_next_day_begins_a_new_conversation() -> None:
    talk = Tester(bot).hears("book").hears("Ada").passes(timedelta(days=2))
    talk.hears("good morning").says(GREETING)
