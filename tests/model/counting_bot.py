"""The bot of the model: it counts, keeps the key of each turn in its data, and obeys one word."""

from dataclasses import dataclass
from datetime import timedelta

from pipeline.botkit import Bot, Turn

TIMEOUT = timedelta(seconds=60)
# How many replies a word makes; any other makes one.
REPLIES = {"three": 3, "rest": 2}
WORDS = ("say", "three", "rest", "hand over", "poison", "flaky", "unrecordable", "kill")
_UNRECORDABLE = "half \ud800"


class WorkerKilled(KeyboardInterrupt):
    """The process ends here, as if by SIGKILL: nothing after this turn is done."""


@dataclass(slots=True)
class Health:
    """Whether a service that the bot calls is down, which "flaky" needs."""

    is_ill: bool = False


def counting_bot(health: Health) -> Bot:
    """Waits in "counting" (60 s, then it nags) and in "resting"; "nag" speaks and moves on."""
    bot = Bot("counter", start="counting", loop_guard=None)

    @bot.awaits("counting", timeout=TIMEOUT, on_timeout="nag")
    def counting(turn: Turn) -> str | None:
        return _obey(turn, health, {"rest": "resting", "unrecordable": _UNRECORDABLE})

    @bot.awaits("resting")
    def resting(turn: Turn) -> str | None:
        return _obey(turn, health, {"rest": "counting", "unrecordable": _UNRECORDABLE})

    @bot.awaits(_UNRECORDABLE)
    def never(turn: Turn) -> None:
        turn.say("never")

    @bot.sends("nag", then="counting")
    def nag(turn: Turn) -> None:
        _count(turn, f"{turn.idempotency_key} nag", 1)

    return bot


def _obey(turn: Turn, health: Health, moves: dict[str, str]) -> str | None:
    word = turn.message.text
    if word == "kill":
        raise WorkerKilled
    if word == "poison" or (word == "flaky" and health.is_ill):
        raise RuntimeError(word)
    if word == "hand over":
        turn.hand_over("as asked")
    _count(turn, turn.idempotency_key, REPLIES.get(word, 1))
    return moves.get(word)


def _count(turn: Turn, label: str, replies: int) -> None:
    turn.data["turns"] = [*turn.data.get("turns", []), label]
    for part in range(1, replies + 1):
        turn.say(f"{label} {part} of {replies}")
