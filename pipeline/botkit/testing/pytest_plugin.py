"""The pytest plugin that replays `*.talk` files; pipeline/botkit/testing/script.py has the format.

pytest finds it by its entry point. `pytest --update-talks` rewrites the files from what the bots
say now.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.botkit.loading import load
from pipeline.botkit.testing.script import Script, ScriptError, parse
from pipeline.botkit.testing.script_replay import ScriptMismatch, replay, rewrite
from pipeline.errors import BotDefinitionError
from pipeline.messages import Channel

_HINT = "pytest --update-talks rewrites the file from what the bot says now."


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--update-talks`."""
    parser.getgroup("talks").addoption(
        "--update-talks",
        action="store_true",
        help="Rewrite *.talk files from what the bots say now, instead of checking them.",
    )


def pytest_collect_file(parent: pytest.Collector, file_path: Path) -> pytest.Collector | None:
    """Collect every `*.talk` file."""
    return ScriptFile.from_parent(parent, path=file_path) if file_path.suffix == ".talk" else None


class ScriptFile(pytest.File):
    """A script file: one test for each of its channels."""

    def collect(self) -> Iterator[pytest.Item]:
        """The tests."""
        for channel in self.read().channels:
            yield ScriptItem.from_parent(self, name=channel)

    def read(self) -> Script:
        """The script that is in the file now."""
        try:
            return parse(self.path.read_text("utf-8"), self.path_text)
        except ScriptError as error:
            raise self.CollectError(str(error)) from error

    @property
    def path_text(self) -> str:
        """The path for messages."""
        root = self.config.rootpath
        is_below = self.path.is_relative_to(root)
        return str(self.path.relative_to(root) if is_below else self.path)


class ScriptItem(pytest.Item):
    """A script on one channel."""

    parent: ScriptFile

    def runtest(self) -> None:
        """Replay the script, or rewrite it."""
        # Like the commands, find bots in the folder that pytest runs in.
        if (root := str(self.config.rootpath)) not in sys.path:
            sys.path.insert(0, root)
        script = self.parent.read()
        channel: Channel = "sms" if self.name == "sms" else "whatsapp"
        bot = load(script.bot)
        # Channels share one file, which is rewritten from the first of them.
        if self.config.getoption("update_talks") and channel == script.channels[0]:
            text = rewrite(script, bot, channel, self.parent.path_text)
            self.path.write_text(text, "utf-8")
        else:
            replay(script, bot, channel, self.parent.path_text)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The line of the script and the difference, without our traceback."""
        if isinstance(excinfo.value, ScriptMismatch):
            # A reply can be written to the file, an error cannot.
            return str(excinfo.value) + ("" if excinfo.value.__cause__ else f"\n\n{_HINT}")
        if isinstance(excinfo.value, BotDefinitionError):
            return f"{self.parent.path_text}:1: {excinfo.value}"
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the test is."""
        return self.path, 0, f"{self.path.name} on {self.name}"
