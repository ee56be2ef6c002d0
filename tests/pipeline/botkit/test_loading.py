"""Loading the bot that a setting names; each mistake has its own words."""

from pathlib import Path
from types import FunctionType

import pytest

from pipeline.botkit import Bot, load
from pipeline.errors import BotDefinitionError

SOUND = """
from pipeline.botkit import Bot
bot = Bot("sound", start="a")
number = 7
@bot.awaits("a")
def a(turn):
    turn.say("hi")
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def test_bot_is_found_with_a_version(folder: Path) -> None:
    (folder / "kit_sound.py").write_text(SOUND)
    bot = load("kit_sound:bot")
    assert bot.name == "sound"
    assert len(bot.version) == 8


def test_bot_without_a_file_has_version_zero() -> None:
    typed = compile("Bot('x', start='a')", "<typed>", "eval")
    bot: Bot = FunctionType(typed, {"Bot": Bot})()
    assert bot.version == "0"


@pytest.mark.parametrize(
    ("module", "source", "path", "words"),
    [
        ("kit_a", SOUND, "kit_a", "use module:name, for example bots.template:bot"),
        ("kit_b", SOUND, "kit_b:", "is not the path of a bot"),
        ("kit_c", SOUND, "kit_none:bot", "there is no module kit_none"),
        ("kit_d", SOUND, "kit_d.deep:bot", "there is no module kit_d.deep"),
        ("kit_e", SOUND, "kit_e:robot", "has no robot; its bots are: bot"),
        ("kit_f", SOUND, "kit_f:number", "has a number that is not a Bot; its bots are: bot"),
        ("kit_g", "\nimport kit_lost", "kit_g:bot", "kit_g.py:2: ModuleNotFoundError"),
        ("kit_h", "\n\n1 / 0", "kit_h:bot", "kit_h.py:3: ZeroDivisionError: division by zero"),
        ("kit_i", "\nx = (", "kit_i:bot", "kit_i.py:2: SyntaxError"),
        ("kit_j", SOUND + SOUND.split("7")[1], "kit_j:bot", 'state "a" is defined twice'),
        (
            "kit_k",
            SOUND + '    return "b"',
            "kit_k:bot",
            "kit_k.py:8: returns 'b', which is not a state",
        ),
    ],
)
def test_mistakes_are_told_exactly(
    folder: Path, module: str, source: str, path: str, words: str
) -> None:
    (folder / f"{module}.py").write_text(source)
    with pytest.raises(BotDefinitionError) as raised:
        load(path)
    assert words in str(raised.value)
