"""A bot in a folder of its own, that a test edits while it is watched."""

from dataclasses import replace
from pathlib import Path

from pipeline.botkit import Tester, load
from pipeline.database import Database
from pipeline.runtime import Runtime
from tests.builders import a_runtime
from workers.hot_reload import HotReload

BOT = """
from pipeline.botkit import Bot
from texts_of_desk import HELLO

bot = Bot("desk", start="welcome")

@bot.awaits("welcome")
def welcome(turn):
    turn.say(HELLO)
"""


class Desk:
    """A bot in a folder of its own, that a test edits."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.folder = folder
        self.told: list[str] = []
        self.wakeups: list[str] = []
        self.saves("desk.py", BOT)
        self.saves("texts_of_desk.py", 'HELLO = "one"')
        runtime = a_runtime(database, load("desk:bot"))
        named = runtime.settings.model_copy(update={"bot": "desk:bot"})
        self.runtime: Runtime = replace(runtime, settings=named)
        self.reload = HotReload(self.runtime, self.told.append, self.wakeups.append)

    def saves(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def looks(self, times: int = 2) -> None:
        for _ in range(times):
            self.reload.look()

    @property
    def answer(self) -> str:
        (reply,) = Tester(self.runtime.bot).hears("hi").talk.replies
        return reply.body
