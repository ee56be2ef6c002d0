"""Questions: what `bot.asks` says, how often it asks again, and where an answer leads."""

from datetime import timedelta

import pytest

from pipeline.botkit import (
    Bot,
    Buttons,
    Email,
    Menu,
    Name,
    NotUnderstood,
    Number,
    OneOf,
    Tester,
    Turn,
)
from pipeline.errors import BotError
from tests.pipeline.botkit.situations import a_situation


def a_form() -> Bot:
    """start -> ask_email (3 tries, else support) -> ask_size -> done."""
    bot = Bot("form", start="start")

    @bot.awaits("start", to=["ask_email"])
    def start(_turn: Turn) -> str:
        return "ask_email"

    bot.asks(
        "ask_email",
        "What is your e-mail address?",
        Email(),
        into="email",
        then="ask_size",
        tries=3,
        give_up="support",
    )
    bot.asks(
        "ask_size", "Which size?", OneOf(small="Small", large="Large"), into="size", then="done"
    )

    @bot.sends("done", then="start")
    def done(turn: Turn) -> None:
        turn.say(f"{turn.data['email']}, {turn.data['size']}.")

    @bot.awaits("support")
    def support(turn: Turn) -> None:
        turn.say("A colleague will look.")

    return bot


def test_question_is_asked_on_entry_and_its_answer_kept() -> None:
    tester = Tester(a_form()).hears("hi").says("What is your e-mail address?")
    tester.hears("it is Ada@Example.com").says("Which size?…").has_data(email="ada@example.com")
    tester.hears("2").says("ada@example.com, large.").in_state("start")


def test_wrong_answer_is_asked_again_in_one_message() -> None:
    tester = Tester(a_form()).hears("hi").hears("no")
    tester.says("That does not look like an e-mail address. What is your e-mail address?")
    tester.says_nothing().in_state("ask_email").hears("a@b.de").in_state("ask_size")


def test_choices_stay_with_the_question() -> None:
    tester = Tester(a_form()).hears("hi").hears("a@b.de").hears("medium")
    tester.says("Please pick one of these. Which size?…").hears("LARGE").has_data(size="large")


def test_too_many_wrong_answers_give_up_with_a_word() -> None:
    tester = Tester(a_form()).hears("hi")
    for _ in range(2):
        tester.hears("no").in_state("ask_email")
    tester.hears("no").in_state("support").says("That does not look like an e-mail address.")
    assert tester.talk.memory == {}


def test_tries_begin_anew_with_every_visit() -> None:
    bot = a_form()
    bot.command("again")(lambda _turn: "ask_email")
    tester = Tester(bot).hears("hi").hears("no").hears("no").hears("again")
    tester.says("What is your e-mail address?").hears("no").in_state("ask_email")


def test_silent_give_up_is_not_needed_where_the_state_speaks() -> None:
    bot = Bot("form", start="start")
    bot.asks("start", "How many?", Number(), into="n", then="start", tries=1, give_up="bye")
    bot.sends("bye", then="start")(lambda turn: turn.say("Never mind."))
    Tester(bot).hears("hi").hears("x").says("Never mind.").says("How many?").says_nothing()


def test_first_message_is_no_answer_to_a_start_question() -> None:
    bot = Bot("form", start="start")
    bot.asks("start", "Your name?", Name(), into="name", then="start")
    tester = Tester(bot).hears("Ada").says("Your name?")
    assert tester.talk.data == {}
    tester.hears("Ada").has_data(name="Ada")


def test_command_that_stays_leaves_the_first_question_to_be_asked() -> None:
    bot = Bot("form", start="start")
    bot.asks("start", "Your name?", Name(), into="name", then="start")
    bot.command("hours")(lambda turn: turn.say("Nine to five."))
    tester = Tester(bot).hears("hours").says("Nine to five.").says_nothing()
    tester.hears("Ada").says("Your name?").hears("Ada").has_data(name="Ada")
    assert tester.talk.memory == {}


def test_function_gets_the_answer_and_chooses_the_way() -> None:
    bot = Bot("form", start="ask")

    @bot.asks("ask", lambda turn: f"How many, {turn.contact.name}?", Number(1, 9), into="guests")
    async def ask(turn: Turn, value: int) -> str:
        turn.say(f"{value} it is, {turn.data['guests']}.")
        return "large" if value > 4 else "small"

    bot.awaits("large")(lambda _turn: "ask")
    bot.awaits("small")(lambda _turn: "ask")
    tester = Tester(bot, name="Ada").hears("hi").says("How many, Ada?")
    tester.hears("7").says("7 it is, 7.").in_state("large")
    tester.hears("on").hears("2").in_state("small")


def test_function_may_refuse_an_answer() -> None:
    bot = Bot("form", start="ask")

    @bot.asks("ask", "How many?", Number(), into="guests", then="ask", tries=2, give_up="human")
    def ask(_turn: Turn, value: int) -> None:
        if value > 4:
            raise NotUnderstood("We have four chairs.")

    bot.awaits("human", entry="I call someone.")(lambda _turn: None)
    tester = Tester(bot).hears("hi").hears("3").has_data(guests=3).hears("8")
    tester.says("We have four chairs. How many?").has_data(guests=3)
    tester.hears("9").says("I call someone.").in_state("human")


def test_question_may_say_several_things_by_itself() -> None:
    bot = Bot("form", start="ask")

    def words(turn: Turn) -> None:
        turn.say("Look:")
        turn.say("Which?", Buttons(a="This", b="That"))

    bot.asks("ask", words, OneOf(a="This", b="That"), into="which", then="ask")
    tester = Tester(bot).hears("hi").says("Look:").says("Which?…").hears("neither")
    tester.says("Please pick one of these.").says("Look:").says("Which?…")


def test_timeout_back_and_operator_ask_again() -> None:
    bot = Bot("form", start="start")
    bot.awaits("start")(lambda _turn: "ask")
    bot.asks(
        "ask",
        ("Your name?", "Any will do."),
        Name(),
        into="name",
        then="start",
        timeout=timedelta(minutes=5),
        on_timeout="ask",
    )
    tester = Tester(bot).hears("hi").says("Your name?").says("Any will do.")
    tester.passes(timedelta(minutes=5)).says("Your name?")
    tester.enters("start").says_nothing().enters("ask").says("Your name?")


def test_plain_handler_may_read_too() -> None:
    bot = Bot("form", start="start")

    @bot.awaits("start")
    def start(turn: Turn) -> str:
        turn.data["n"] = Number(unclear="A number, please.").read(turn)
        return "start"

    Tester(bot).hears("x").says("A number, please.").in_state("start").hears("4").has_data(n=4)


def test_not_understood_in_a_send_state_is_a_mistake() -> None:
    bot = Bot("form", start="start")

    @bot.sends("start", then="start")
    def start(_turn: Turn) -> None:
        raise NotUnderstood

    with pytest.raises(BotError, match="NotUnderstood: Sorry, I did not understand that"):
        bot.respond(a_situation())


def test_entry_of_any_state_is_said() -> None:
    bot = Bot("shop", start="start")
    bot.awaits("start")(lambda _turn: "menu")

    @bot.awaits("menu", entry=("Our menu:", Buttons(tea="Tea", milk="Milk")))
    def menu(turn: Turn) -> str | None:
        return "menu" if turn.says("again") else None

    tester = Tester(bot).hears("hi").says("Our menu:…").hears("what?").says_nothing()
    tester.hears("again").says("Our menu:…")


def test_choice_of_a_menu_is_shown_once_as_a_menu() -> None:
    times = Menu({"Morning": {"9": "Nine"}, "Evening": {"18": "Six"}}, button="Times")
    bot = Bot("salon", start="time")
    bot.asks("time", "When?", OneOf(times), into="time", then="again")
    bot.asks("again", ("When then?", times), OneOf(times), into="time", then="time")
    tester = Tester(bot).hears("hi").says("When?\n\nMorning\n1. Nine\n\nEvening\n2. Six…")
    tester.says_nothing().hears("six").has_data(time="18").says("When then?…").says_nothing()
