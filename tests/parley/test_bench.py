"""`parley bench`: what it refuses, and one small bench to its end."""

import json
from pathlib import Path

import pytest

from proving.sizing import usage
from tests.parley.commands import parley as command
from tests.parley.conftest import Run

SLOW = """
import time
from pipeline.botkit import Bot, Turn

bot = Bot("slow", start="start")

@bot.awaits("start")
def start(turn: Turn) -> None:
    time.sleep(0.1)
    turn.say(turn.message.text, "and more")
"""

BROKEN = """
from pipeline.botkit import Bot, Turn

bot = Bot("broken", start="start")

@bot.awaits("start")
def start(turn: Turn) -> None:
    raise KeyError("price")
"""


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["--bot", "bots.nowhere:bot"], "there is no module bots.nowhere"),
        (["--bot", "bots.template"], "use module:name"),
        (["--rate", "0"], "not in the range"),
        (["--messages", "3"], "not in the range"),
        (["--on", "mysql"], "'mysql' is not one of"),
        (["--set", "API_KEY"], "--set expects NAME=VALUE"),
        (
            ["--set", "TURN_LIMIT_SECONDS=never"],
            "TURN_LIMIT_SECONDS: Input should be",
        ),
    ],
)
def test_what_makes_no_sense_is_one_clear_line(parley: Run, words: list[str], answer: str) -> None:
    done = parley("bench", *words)

    assert done.exit_code != 0
    assert answer in done.output
    assert "Traceback" not in done.output


@pytest.mark.skipif(not usage.is_readable(), reason="needs /proc")
def test_a_bot_that_raises_is_told(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text(BROKEN)

    done = command(tmp_path, "bench", "--on", "sqlite", "--messages", "20", BOT="broken:bot")

    assert done.returncode == 1
    assert done.stderr.endswith("Error: The bot fails: KeyError: 'price'\n")


@pytest.mark.skipif(not usage.is_readable(), reason="needs /proc")
def test_a_slow_bot_is_sized_to_its_end(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(SLOW)
    words = ["--on", "sqlite", "--seconds", "1", "--messages", "20", "--latency-ms", "5", "--json"]

    done = command(tmp_path, "bench", "--text", "one", "--text", "two", *words, BOT="slow:bot")

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    measured = found["measured"]
    assert measured["bot"]["path"] == "slow:bot"
    assert measured["bot"]["replies"] == 2
    assert 99 < measured["bot"]["waiting_ms"] < 200
    assert measured["children"] >= 5
    assert measured["quiet"]["answered"] >= measured["quiet"]["messages"] // 2
    assert 0 < measured["quiet"]["rate"] < 20
    assert found["verdict"]["saturates_first"] == "converse"
    assert "Add a second converse process" in found["verdict"]["next"]
    assert measured["stages"].keys() == {"web", "converse", "dispatch", "clock"}
