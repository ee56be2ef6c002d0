"""What the tests of bursts share: a bot that says what it hears, and short ways to look."""

from pipeline.botkit import EACH, Bot, Buttons, Debounce, Join, Turn
from pipeline.records.core.messages import Message
from tests.builders import rows
from tests.stage import Stage


def a_bot(debounce: Debounce | Join, *, fails: int = 0) -> Bot:
    """Says what it hears, and how many files came with it; it fails the first times."""
    bot = Bot("joiner", start="start", loop_guard=None)
    failures = [1] * fails

    @bot.awaits("start", debounce=debounce)
    def start(turn: Turn) -> str | None:
        if failures:
            failures.pop()
            raise LookupError("not yet")
        turn.data["turns"] = turn.data.get("turns", 0) + 1
        turn.data["keys"] = [*turn.data.get("keys", []), turn.idempotency_key]
        turn.say(f"{turn.message.text} +{len(turn.message.media)}", Buttons(yes="Yes", no="No"))
        return "other" if turn.says("other") else None

    @bot.awaits("other", debounce=EACH)
    def other(turn: Turn) -> str:
        turn.say(f"other: {turn.message.text}")
        return "start"

    bot.command("menu")(lambda turn: turn.say("menu"))
    return bot


def said(s: Stage) -> list[str]:
    return [reply.split("\n\n")[0] for reply in s.replies]


def heard(s: Stage) -> list[tuple[str, int]]:
    """The log of what came in, with the inbox entry of each."""
    log = sorted(rows(s.database, Message), key=lambda row: row.id)
    return [(row.body, row.turn_id) for row in log if row.direction == "inbound"]


def comes(s: Stage, *texts: str, seconds: float = 0.0) -> None:
    for text in texts:
        s.hears(text)
        s.clock.pass_by(seconds)
