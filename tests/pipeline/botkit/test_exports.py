"""The names that a bot may import, and what they bring along."""

import subprocess
import sys

from pipeline import botkit


def test_exported_names_are_sorted_and_there() -> None:
    in_order = sorted(botkit.__all__, key=lambda name: (not name.isupper(), name))
    assert in_order == botkit.__all__
    assert all(hasattr(botkit, name) for name in botkit.__all__)


def test_every_public_class_is_exported() -> None:
    classes = {name for name, value in vars(botkit).items() if isinstance(value, type)}
    assert classes <= set(botkit.__all__)


def test_bot_brings_no_test_tool_and_no_http_client() -> None:
    code = """
import sys, bots.template
print(*sorted({"httpx", "hypothesis", "pytest"} & {*sys.modules}))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"


def test_deprecated_names_still_work() -> None:
    assert botkit.Rehearsal is botkit.rehearse is botkit.Tester
    assert botkit.Burst is botkit.Debounce


def test_deprecated_debounce_keyword_still_works() -> None:
    bot = botkit.Bot("quick", start="start")
    bot.awaits("start", burst=botkit.LAST)(lambda turn: turn.end())
    assert bot.debounce_in("start") == botkit.LAST
