"""Every snippet of the pages about bots does what the page says; pages.py tells how they are cut.

Python runs, its bots pass their check, and its tests pass. A `talk` is replayed against the `bot`
of its section. The commands of a `console` exist, with their options.
"""

import json
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import click
import pytest
from hypothesis import settings

from parley.main import main
from pipeline.botkit import Bot
from pipeline.botkit.testing.script import parse
from pipeline.botkit.testing.script_replay import replay
from tests.docs.pages import ROOT, SECTIONS, Block, Section

OURS = {"python", "talk", "console"}
# An example of what a program prints or of a file that is not ours to run.
SHOWN = {"text"}
PYTHON = [section for section in SECTIONS if section.of("python")]
TALKS = [(section, block) for section in SECTIONS for block in section.of("talk")]
COMMANDS = [
    (f"{section.page.name}:{number}", line.removeprefix("$ "))
    for section in SECTIONS
    for block in section.of("console")
    for number, line in enumerate(block.lines, block.line)
    if line.startswith("$ ")
]


@pytest.fixture
def _quick_walks() -> Iterator[None]:
    """What the pages draw at random is the same in each run and has no deadline."""
    settings.register_profile(
        "pages", max_examples=30, deadline=None, derandomize=True, database=None
    )
    settings.load_profile("pages")
    yield
    settings.load_profile("default")


def run(section: Section, folder: Path, patch: pytest.MonkeyPatch) -> ModuleType:
    """The section's Python as a module, from a file whose lines are those of the page."""
    file = folder / section.page.name
    file.write_text(section.source, "utf-8")
    module = ModuleType(section.module or "page")
    patch.setitem(sys.modules, module.__name__, module)
    exec(compile(section.source, str(file), "exec"), module.__dict__)  # noqa: S102 (our own pages)
    return module


@pytest.mark.usefixtures("_quick_walks")
@pytest.mark.parametrize("section", PYTHON, ids=str)
def test_python_runs(section: Section, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = run(section, tmp_path, monkeypatch).__dict__
    bots = [value for value in names.values() if isinstance(value, Bot)]
    assert [str(problem) for bot in bots for problem in bot.check()] == []
    for name, value in list(names.items()):
        if name.startswith("test_"):
            value()


@pytest.mark.parametrize(("section", "block"), TALKS, ids=lambda it: getattr(it, "line", str(it)))
def test_talk_is_as_told(
    section: Section, block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot = run(section, tmp_path, monkeypatch).__dict__["bot"]
    # The header is added above, so that a difference names the line of the page.
    above = "bot: page:bot" + "\n" * (block.line - 1)
    script = parse(above + block.text, section.page.name)
    for channel in script.channels:
        replay(script, bot, channel, section.page.name)


@pytest.mark.parametrize(("place", "command"), COMMANDS)
def test_command_exists(place: str, command: str) -> None:
    words = [word for word in shlex.split(command, comments=True) if not is_setting(word)]
    program, *arguments = words
    if program == "parley":
        understood(main, arguments)
    elif program == "make":
        assert f"\n{arguments[0]}:" in (ROOT / "Makefile").read_text("utf-8")
    else:
        assert program in {"cp", "pytest"}, f"{place}: {program} is no program that is known here"


def is_setting(word: str) -> bool:
    return word.partition("=")[0].isupper()


def understood(command: click.Command, arguments: list[str]) -> None:
    """Parse as the command would, without running it. Raises UsageError."""
    if not isinstance(command, click.Group):
        command.make_context(command.name, list(arguments))
        return
    _, rest, _ = command.make_parser(click.Context(command)).parse_args(list(arguments))
    if rest:
        child = command.get_command(click.Context(command), rest[0])
        assert child, f"there is no {command.name} {rest[0]}"
        understood(child, rest[1:])


def test_no_snippet_is_passed_over() -> None:
    """Every block of ours is of a language that is tested; in the README some show a screen."""
    odd = [
        f"{section}, line {block.line}: {block.language!r}"
        for section in SECTIONS
        for block in section.blocks
        if not block.is_theirs
        and block.language not in OURS | SHOWN
        and section.page.name != "README.md"
    ]
    assert odd == []
    assert len(PYTHON) > 20
    assert len(TALKS) > 10
    assert len(COMMANDS) > 10


def test_code_of_others_can_be_read() -> None:
    theirs = [block for section in SECTIONS for block in section.blocks if block.is_theirs]
    for block in theirs:
        if block.language == "python":
            compile(block.text, "theirs", "exec")
        elif block.language == "json":
            json.loads(block.text)
        else:
            assert block.language == "yaml"
    assert len(theirs) >= 3


def test_a_wrong_snippet_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The line of an error is that of the page."""
    section = Section(tmp_path / "page.md", "x", [Block("python", 7, ("", "1 / 0"))])
    with pytest.raises(ZeroDivisionError) as raised:
        run(section, tmp_path, monkeypatch)
    assert raised.traceback[-1].lineno == 7  # counted from 0


@pytest.mark.parametrize("command", ["states --chek", "states move a b", "states map a"])
def test_a_wrong_command_fails(command: str) -> None:
    with pytest.raises((click.UsageError, AssertionError)):
        understood(main, command.split())
