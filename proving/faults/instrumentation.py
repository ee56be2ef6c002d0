"""Settings of a process under proof, in addition to Parley's own, and what it does at start."""

from pathlib import Path

from pydantic_settings import BaseSettings

from pipeline import crash
from pipeline.botkit import Bot
from proving.faults import mutations
from proving.faults.turn_trace import watch


class Surroundings(BaseSettings):
    """Set by the proof, in the environment. `broken` names the mutation to apply."""

    proving_notes: Path = Path("notes.jsonl")
    proved_bot: str = ""
    crash_at: str = ""
    broken: str = ""


def prepare(bot: Bot) -> Bot:
    """Watch the bot, and do to this process what the proof ordered."""
    given = Surroundings()
    if given.crash_at:
        crash.arm(given.crash_at)
    if given.broken:
        mutations.MUTATIONS[given.broken].apply()
    return watch(bot, given.proving_notes)
