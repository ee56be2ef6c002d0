"""Hot reload: a saved file is another bot for everybody, a broken one changes nothing."""

import sys
import threading

import pytest

from pipeline.botkit import Bot, Tester, Turn
from pipeline.botkit.analysis import graph
from pipeline.botkit.situation import ContactView
from pipeline.botkit.testing.session import Talk
from tests.workers.desk import BOT, Desk


def test_saved_file_is_the_same_bot_changed(desk: Desk) -> None:
    held = desk.runtime.bot
    version = held.version
    desk.saves("desk.py", BOT.replace("say(HELLO)", 'say("two")').replace('welcome"', 'hall"'))
    desk.looks()
    assert (desk.answer, list(held.states)) == ("two", ["hall"])
    assert held.version != version
    assert [node.name for node in graph.machine(held).states] == ["hall"]
    assert desk.told == [f"Reloaded desk: version {held.version}, 1 states."]


def test_imported_module_counts_too(desk: Desk) -> None:
    version = desk.runtime.bot.version
    desk.saves("texts_of_desk.py", 'HELLO = "two"')
    desk.looks()
    assert desk.answer == "two"
    assert desk.runtime.bot.version != version


def test_save_within_a_second_of_the_same_size(desk: Desk) -> None:
    for word in ("two", "six", "ten"):
        desk.saves("texts_of_desk.py", f'HELLO = "{word}"')
        desk.looks()
        assert desk.answer == word


def test_nothing_saved_is_nothing_done(desk: Desk) -> None:
    module = sys.modules["desk"]
    desk.looks(5)
    assert desk.told == []
    assert sys.modules["desk"] is module


def test_file_that_still_changes_waits(desk: Desk) -> None:
    for number in range(3):
        desk.saves("texts_of_desk.py", f"HELLO = {'x' * number!r}")
        desk.looks(1)
    assert desk.told == []
    desk.saves("texts_of_desk.py", 'HELLO = "whole"')
    desk.looks()
    assert desk.answer == "whole"


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (BOT + "\nif True", "desk.py:11: SyntaxError: "),
        (BOT + "\n1 / 0", "desk.py:11: ZeroDivisionError: "),
        (BOT.replace("texts_of", "words_of"), "No module named"),
        (BOT.replace('start="welcome"', 'start="nowhere"'), "start='nowhere' is not a state"),
        (BOT + "\nraise SystemExit(1)", "desk calls sys.exit() on import"),
        ("", "the module has no bot"),
    ],
)
def test_broken_file_keeps_the_old_bot(desk: Desk, broken: str, said: str) -> None:
    version, module = desk.runtime.bot.version, sys.modules["desk"]
    desk.saves("desk.py", broken)
    desk.looks(6)
    assert (desk.answer, desk.runtime.bot.version) == ("one", version)
    assert said in desk.runtime.editing.error
    assert [line.splitlines()[0] for line in desk.told] == [
        "The bot's file has an error; the bot runs as it was before the edit."
    ]
    assert said in desk.told[0]
    assert sys.modules["desk"] is module
    desk.saves("desk.py", BOT.replace("say(HELLO)", 'say("mended")'))
    desk.looks()
    assert (desk.answer, desk.runtime.editing.error) == ("mended", "")


def test_error_in_a_module_that_is_new(desk: Desk) -> None:
    desk.saves("desk.py", BOT.replace("texts_of_desk", "more_of_desk"))
    desk.looks()
    assert "No module named 'more_of_desk'" in desk.runtime.editing.error
    desk.saves("more_of_desk.py", "HELLO = (")
    desk.looks()
    assert "more_of_desk.py:1: SyntaxError" in desk.runtime.editing.error
    desk.saves("more_of_desk.py", 'HELLO = "more"')
    desk.looks()
    assert desk.answer == "more"


def test_deleted_file_is_an_error_until_it_is_back(desk: Desk) -> None:
    (desk.folder / "desk.py").unlink()
    desk.looks()
    assert "there is no module desk" in desk.runtime.editing.error
    desk.saves("desk.py", BOT)
    desk.looks()
    assert desk.runtime.editing.error == ""


def test_turn_in_flight_ends_with_the_old_bot() -> None:
    begun, changed = threading.Event(), threading.Event()
    old = Bot("desk", start="welcome")

    @old.awaits("welcome")
    def slow(turn: Turn) -> str:
        turn.data["begun"] = True
        begun.set()
        changed.wait(10)
        return "ask"

    @old.sends("ask", then="welcome")
    def ask(turn: Turn) -> None:
        turn.say("old")

    talk = Talk(old, channel="sms", contact=ContactView("ada"), now=Tester(old).talk.now)
    turn = threading.Thread(target=talk.hear, args=["hi"])
    turn.start()
    begun.wait(10)
    old.become(one_of(1))
    changed.set()
    turn.join(10)
    assert [reply.body for reply in talk.replies] == ["old"]
    assert talk.state == "welcome"
    assert said_by(old) == ("1", "1")


def test_readers_never_see_half_a_bot() -> None:
    made = [one_of(number) for number in range(2)]
    held = one_of(0)
    stopping = threading.Event()

    def change() -> None:
        while not stopping.is_set():
            for bot in made:
                held.become(bot)

    changer = threading.Thread(target=change)
    changer.start()
    try:
        said = {said_by(held) for _ in range(3000)}
    finally:
        stopping.set()
        changer.join(10)
    # Both were in use, and each turn was led by one of them alone.
    assert said == {("0", "0"), ("1", "1")}


def one_of(number: int) -> Bot:
    bot = Bot("twin", start="first")

    @bot.sends("first", then="second")
    def first(turn: Turn) -> None:
        turn.say(str(number))

    @bot.sends("second", then="rest")
    def second(turn: Turn) -> None:
        turn.say(str(number))

    @bot.awaits("rest")
    def rest(turn: Turn) -> None:
        turn.say("rests")

    return bot


def said_by(bot: Bot) -> tuple[str, ...]:
    return tuple(reply.body for reply in Tester(bot).hears("hi").talk.replies)


def test_an_error_of_any_kind_is_told_and_looking_goes_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trip(_bot: Bot) -> None:
        raise TypeError("unhashable type: 'list'")

    with monkeypatch.context() as patched:
        patched.setattr(Bot, "check", trip)
        desk.saves("texts_of_desk.py", 'HELLO = "two"')
        desk.looks()
    assert (desk.answer, len(desk.told)) == ("one", 1)
    assert "unhashable type" in desk.runtime.editing.error
    desk.saves("texts_of_desk.py", 'HELLO = "three"')
    desk.looks()
    assert desk.answer == "three"
