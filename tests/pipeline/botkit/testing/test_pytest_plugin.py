"""The pytest plugin finds talks by itself, fails with file and line, and rewrites when asked."""

import pytest

BOT = """
from pipeline.botkit import Bot

bot = Bot("desk", start="welcome")

@bot.awaits("welcome")
def welcome(turn):
    turn.say("Hi " + turn.channel)
"""


@pytest.fixture
def run(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makepyfile(desk_of_talks=BOT)
    pytester.makefile(".ini", pytest="[pytest]\naddopts = -p no:randomly\n")
    return pytester


def talk(run: pytest.Pytester, lines: str, channel: str = "sms") -> None:
    text = f"bot: desk_of_talks:bot\nchannel: {channel}\n\n{lines}\n"
    (run.path / "hello.talk").write_text(text)


def test_talk_is_a_test_on_each_channel(run: pytest.Pytester) -> None:
    talk(run, "> hi\n< Hi…", "sms, whatsapp")
    result = run.runpytest_inprocess("-v")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["hello.talk::sms PASSED*", "hello.talk::whatsapp PASSED*"])


def test_failure_is_file_line_and_difference(run: pytest.Pytester) -> None:
    talk(run, "> hi\n< Hi sms", "sms, whatsapp")
    result = run.runpytest_inprocess()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "hello.talk:5: the bot said something else:",
            "  - Hi sms",
            "  + Hi whatsapp",
            "pytest --update-talks rewrites the file from what the bot says now.",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")


def test_update_writes_what_the_bot_says(run: pytest.Pytester) -> None:
    talk(run, "> hi\n< Bye")
    run.runpytest_inprocess("--update-talks").assert_outcomes(passed=1)
    assert (run.path / "hello.talk").read_text().endswith("\n\n> hi\n< Hi sms\n")
    run.runpytest_inprocess().assert_outcomes(passed=1)


def test_update_does_not_hide_that_channels_differ(run: pytest.Pytester) -> None:
    talk(run, "> hi", "sms, whatsapp")
    run.runpytest_inprocess("--update-talks").assert_outcomes(passed=1, failed=1)


def test_file_that_cannot_be_read_is_an_error(run: pytest.Pytester) -> None:
    talk(run, "> hi\nwiat 1 h")
    result = run.runpytest_inprocess()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["hello.talk:5: 'wiat 1 h' is not a line of a script; start it with*"]
    )


def test_bot_that_cannot_be_loaded_is_one_line(run: pytest.Pytester) -> None:
    (run.path / "hello.talk").write_text("bot: nowhere_at_all:bot\n\n> hi\n")
    result = run.runpytest_inprocess()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["hello.talk:1: *there is no module nowhere_at_all"])
