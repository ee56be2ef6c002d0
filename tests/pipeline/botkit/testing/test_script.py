"""Files of talks: what they may say, what is wrong with them in exact words, their replay."""

import pytest

from pipeline.botkit import Bot, Buttons, Image, Turn
from pipeline.botkit.testing.script import ScriptError, parse
from pipeline.botkit.testing.script_replay import ScriptMismatch, replay, rewrite

TOP = "bot: somewhere:bot\n\n"
URL = "https://example.com/a.png"


def a_bot() -> Bot:
    bot = Bot("desk", start="start")

    @bot.awaits("start")
    def start(turn: Turn) -> str | None:
        if turn.picked("human") or turn.says("human"):
            turn.hand_over("asked for one")
        elif turn.says("bye"):
            turn.end()
        elif turn.says("name"):
            turn.data["name"] = "Ada"
            return "greet"
        elif turn.message.kind != "text":
            place = turn.message.location
            turn.say(f"{turn.message.kind} {turn.message.text}{place.label if place else ''}")
            return None
        turn.say("Hi\n\n  you", Image(URL, "Look"), "Well?", Buttons(human="Call a human"))
        return None

    @bot.sends("greet", then="start")
    def greet(turn: Turn) -> None:
        turn.remind(turn.now - turn.now.replace(hour=7), "start") if turn.now.hour > 7 else None
        turn.say(f"Hi {turn.contact.name} at {turn.now:%H:%M}")

    return bot


WHOLE = """# All there is.
bot: somewhere:bot
name: Ada Lovelace
now: 2031-02-03 08:00

# They begin.
> hi
< Hi

    you
< [https://example.com/a.png]
  Look
< Well?…

> name
< Hi Ada Lovelace at 08:00
state greet
state start
data name = "Ada"
wait 1 h 30 min
file https://example.com/me.jpg It is me
< media It is me
card https://example.com/me.vcf
< contact_card
place 52.52, -13.4 Berlin, Mitte
< location Berlin, Mitte
enter greet
< Hi Ada Lovelace at 09:30
> bye
< Hi

    you
< …
< …
ended
> hi
< …
< …
< …
tap CALL A HUMAN
< Hi…
< …
< …
handed over: asked for one
> hello?
given back
> bye
< …
< …
< …
ended
# The end.
"""


def run(text: str, bot: Bot | None = None) -> None:
    replay(parse(text, "a.talk"), bot or a_bot(), "sms", "a.talk")


def test_everything_that_a_file_may_say_is_replayed() -> None:
    run(WHOLE)


def test_file_that_is_right_is_rewritten_as_it_is() -> None:
    assert rewrite(parse(WHOLE, "a.talk"), a_bot(), "sms", "a.talk") == WHOLE


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "a.talk:1: no bot; add a header such as bot: bots.template:bot"),
        (
            "bot: x:y",
            "a.talk:1: no actions; add a line that starts with >, tap, file, card, place, react, ",
        ),
        ("bot: x:y\nchanel: sms\n> hi", "a.talk:2: 'chanel' is not a header; use bot, channel"),
        ("bot: x:y\nchannel: mail\n> hi", "'mail' is not a channel; use sms or whatsapp"),
        ("bot: x:y\nnow: noon\n> hi", "'noon' is not a time such as 2030-01-07 09:00"),
        (TOP + "> hi\nwiat 30 min", "a.talk:4: 'wiat 30 min' is not a line of a script; start it "),
        (TOP + "< hi", "a.talk:3: nothing has happened yet; start with a line such as > hi"),
        (TOP + "> hi\nended now", "a.talk:4: 'ended' must be alone on its line"),
        (TOP + "> hi\nwait", "a.talk:4: 'wait' needs something after it"),
        (TOP + "  more", "a.talk:3: starts with two spaces, but there is no line to continue"),
        (TOP + "> hi\n# why\n  more", "a.talk:5: starts with two spaces, but there is no line"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_line(text: str, said: str) -> None:
    with pytest.raises(ScriptError) as raised:
        parse(text, "a.talk")
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("wait half an hour", "'half an hour' is not a duration; use one such as 30 min, 2 h or "),
        ("wait 5", "'5' is not a duration"),
        ("tap nobody", "no choice is called 'nobody'; offered: human (Call a human)"),
        ("file a.png", "a file needs an http(s) URL, not 'a.png'"),
        ("place Berlin", "'Berlin' is not a location; use one such as 52.52, 13.40 Berlin"),
        ("enter nowhere", "desk has no state 'nowhere'; it has: start, greet"),
        ("state greet", "the state is 'start', not 'greet'"),
        ("ended", "the bot did not end the conversation"),
        ("handed over: x", "the bot did not hand over"),
        ("data name = 1", "data has no 'name'; it has: nothing"),
        ("data name = Ada", "'Ada' is not JSON; write it as data name = \"Ada\""),
        ("< more", "the bot said nothing more; expected\n  < more"),
    ],
)
def test_what_is_not_so_is_said_with_its_line(line: str, said: str) -> None:
    with pytest.raises(ScriptMismatch) as raised:
        run(f"{TOP}> hi\n< …\n< …\n< Well?…\n{line}\n")
    assert str(raised.value).startswith(
        f"a.talk:7: {said}" if "offered" not in said else "a.talk:7"
    )
    assert said in str(raised.value)


def test_difference_is_shown_line_by_line() -> None:
    with pytest.raises(ScriptMismatch) as raised:
        run(f"{TOP}> hi\n< Hi\n\n    me\n")
    message = str(raised.value)
    assert message.startswith("a.talk:4: the bot said something else:\n(- expected, + said)")
    assert "-   me" in message
    assert "+   you" in message


def test_reply_that_is_not_in_the_file_is_a_difference() -> None:
    with pytest.raises(ScriptMismatch, match=r"a\.talk:5: after this the bot also said\n  < Well"):
        run(f"{TOP}> hi\n< …\n< …\n")


def test_bot_that_fails_is_said_with_the_line() -> None:
    bot = Bot("broken", start="start")

    @bot.awaits("start")
    def start(turn: Turn) -> None:
        turn.say("")

    with pytest.raises(ScriptMismatch, match=r'a\.talk:3: bot "broken", state "start"'):
        run(f"{TOP}> hi\n", bot)


def test_bare_talk_is_filled_in() -> None:
    bare = f"{TOP}> name\n\n# Then:\ntap human\n"
    bot = a_bot()
    with pytest.raises(ScriptMismatch, match="no choice is called"):
        rewrite(parse(bare, "a.talk"), bot, "sms", "a.talk")
    text = rewrite(parse(f"{TOP}> hi\n\n# Then:\ntap human\n", "a.talk"), bot, "sms", "a.talk")
    assert text.endswith(
        "# Then:\ntap human\n< Hi\n\n    you\n< [https://example.com/a.png]\n  Look\n< Well?\n\n"
        "  1. Call a human\n  Reply with a number.\nhanded over: asked for one\n"
    )
    run(text)


def test_what_is_wrong_is_mended_and_the_rest_is_kept() -> None:
    old = (
        f"{TOP}> human\n< Hi…\n# Why\n< no\n< Well?…\n< more\nhanded over: no\nended\n"
        "given back\n> name\n< …\nstate nowhere\ndata name = 3\ndata age = 3\n"
    )
    text = rewrite(parse(old, "a.talk"), a_bot(), "sms", "a.talk")
    assert text == (
        f"{TOP}> human\n< Hi…\n# Why\n< [https://example.com/a.png]\n  Look\n< Well?…\n"
        'handed over: asked for one\ngiven back\n> name\n< …\nstate start\ndata name = "Ada"\n'
    )
    run(text)
