"""A bot that fails until it is cured."""

from datetime import timedelta

from pipeline.botkit import Bot, Turn


class Moody:
    """A bot that fails on "bad…" until it is cured, and keeps what it saw of the history."""

    def __init__(self) -> None:
        self.is_cured = False
        self.pasts: list[list[str]] = []
        self.bot = Bot("moody", start="start", loop_guard=None)

        @self.bot.awaits("start", timeout=timedelta(minutes=2), on_timeout="gone")
        def start(turn: Turn) -> None:
            self.pasts.append([past.text for past in turn.history(9)])
            if turn.message.text.startswith("bad") and not self.is_cured:
                raise RuntimeError("out of sorts")
            turn.say(f"re: {turn.message.text}")

        @self.bot.sends("gone", then="start")
        def gone(turn: Turn) -> None:
            if not self.is_cured:
                raise LookupError("no clock")
            turn.say("Still there?")
