"""What is read while a bench runs: calls for webhooks, the bot's time, CPU of processes."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.botkit import Bot, Tester, Turn
from proving.faults.fake_twilio.messages import Create
from proving.sizing import report, usage
from proving.sizing.bot_timing import BotTimes, read_times, time_bot
from proving.sizing.capacity import assess
from proving.sizing.measurement import from_json
from proving.sizing.run import first_calls
from tests.proving.sizing.samples import MEASURED


def call(to: str, at: float) -> Create:
    """A create call as the provider notes it."""
    return Create(at, to, "+15550100", "hello", "", "SM1", "201", {})


def test_each_webhook_has_the_first_call_before_the_next() -> None:
    calls = [call("a", 1.5), call("a", 1.6), call("b", 2.25), call("a", 4.0)]

    assert first_calls(["a", "b", "a"], [1.0, 2.0, 3.0], calls) == [0.5, 1.0, 0.25]


def test_a_webhook_without_an_answer_has_none() -> None:
    assert first_calls(["a", "a"], [1.0, 3.0], [call("a", 3.5)]) == [0.5]


def test_the_time_of_the_bot_is_told_from_its_waiting(tmp_path: Path) -> None:
    bot = Bot("slow", start="start")

    @bot.awaits("start")
    async def start(turn: Turn) -> None:
        time.sleep(0.05)
        turn.say("there")

    Tester(time_bot(bot, tmp_path / "times")).hears("hi").hears("hi")

    times = read_times(tmp_path / "times")
    assert times.calls == 2
    assert times.seconds >= 0.1
    assert 0.05 < times.waiting_seconds <= times.seconds
    assert times.since(times) == BotTimes()


def test_nothing_was_timed_before_the_first_turn(tmp_path: Path) -> None:
    assert read_times(tmp_path / "times") == BotTimes()


@pytest.mark.skipif(not usage.is_readable(), reason="needs /proc")
def test_the_cpu_of_children_that_have_ended_counts() -> None:
    family = usage.Family(os.getpid())
    before = family.cpu_seconds
    work = "import time\nwhile time.process_time() < 0.3: pass"

    subprocess.run([sys.executable, "-c", work], check=True)

    assert family.cpu_seconds - before > 0.25


@pytest.mark.skipif(not usage.is_readable(), reason="needs /proc")
def test_the_machine_is_never_idler_than_it_is_long() -> None:
    machine = usage.machine()

    assert 0 < machine.idle_seconds < machine.all_seconds


def test_what_is_printed_for_a_program_can_be_read_again() -> None:
    words = json.dumps(report.as_json(MEASURED, assess(MEASURED)))

    assert from_json(json.loads(words)["measured"]) == MEASURED


def test_what_is_printed_for_a_person_says_what_to_do() -> None:
    text = report.as_text(MEASURED, assess(MEASURED))

    assert "converse           1     1.00      1,000    90%    80" in text
    assert "p50 14 ms, p99 40 ms (300 of 300 answered)" in text
    assert "Bottleneck: converse, at 1,000 messages a second." in text
    assert "Plan with 700 messages a second (70% of that): 25,000,000 a day" in text
    assert "Other work used" not in text
