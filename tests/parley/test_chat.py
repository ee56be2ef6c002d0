"""`parley chat`: a talk in the terminal with nothing else running."""

from pathlib import Path

from tests.parley.commands import parley

FAILING = """
from pipeline.botkit import Bot
bot = Bot("failing", start="start")
@bot.awaits("start")
def start(turn):
    raise RuntimeError("out of paper")
"""


def test_numbered_choices_are_answered_by_number(tmp_path: Path) -> None:
    talk = parley(tmp_path, "chat", text="hi\n1\nAda Lovelace\n")
    assert "1. Book a visit" in talk.stdout
    assert "bot: What is your e-mail address?" in talk.stdout
    assert talk.returncode == 0
    assert talk.stderr == ""


def test_talk_goes_on_where_it_stopped(tmp_path: Path) -> None:
    parley(tmp_path, "chat", text="hi\n1\n")
    talk = parley(tmp_path, "chat", text="Ada Lovelace\n")
    assert talk.stdout.count("bot: ") == 1
    assert "bot: What is your e-mail address?" in talk.stdout


def test_quit_leaves(tmp_path: Path) -> None:
    talk = parley(tmp_path, "chat", text="/quit\nhi\n")
    assert talk.returncode == 0
    assert "bot: " not in talk.stdout


def test_other_number_is_another_contact(tmp_path: Path) -> None:
    parley(tmp_path, "chat", text="hi\n1\n")
    words = ("chat", "--from", "+14155550199", "--channel", "whatsapp")
    assert "1. Book a visit" in parley(tmp_path, *words, text="hi\n").stdout


def test_impossible_number_is_one_clear_line(tmp_path: Path) -> None:
    done = parley(tmp_path, "chat", "--from", "+1")
    assert done.returncode == 1
    assert done.stderr.startswith("Error: Include the country code, ")
    assert done.stderr.count("\n") == 1


def test_failing_bot_is_shown_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "failing.py").write_text(FAILING)
    talk = parley(tmp_path, "chat", text="hi\n", BOT="failing:bot")
    assert "(turn failed, attempt 1: " in talk.stdout
    assert "out of paper" in talk.stdout


def test_real_provider_is_never_written_to(tmp_path: Path) -> None:
    talk = parley(tmp_path, "chat", text="hi\n", PROVIDER="twilio")
    assert "stored separately" in talk.stdout
    assert "1. Book a visit" in talk.stdout
    assert not (tmp_path / "var" / "parley.db").exists()
