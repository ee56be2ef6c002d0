"""The bot that proofs run with: it counts what it receives, and obeys.

"pause 10" makes it work for 10 s, "three" makes it answer three times, "raise" fails, "die" takes
its process along, "grow 400" makes that keep 400 MB more, "remind 2" makes it speak up by itself
2 s later. Its data tells what it has heard, in order, so that an effect that is lost or doubled is
seen there.
"""

import os
import signal
import time
from datetime import timedelta

from pipeline.botkit import Bot, Turn
from proving.faults.instrumentation import prepare

bot = Bot("counter", start="counting", loop_guard=None)
_kept: list[bytes] = []


@bot.awaits("counting")
def counting(turn: Turn) -> None:
    """Count one message."""
    text = turn.message.text
    _obey(*text.split()[:2])
    heard = [*turn.data.get("heard", []), text]
    turn.data["heard"] = heard
    if text.startswith("remind "):
        turn.remind(timedelta(seconds=float(text.split()[1])), "reminded")
    for part in ("a", "b", "c") if text.startswith("three") else ("",):
        turn.say(f"{len(heard)}{part}: {text}")


@bot.sends("reminded", then="counting")
def reminded(turn: Turn) -> None:
    """Speak up, once the time of "remind" has come."""
    turn.say("reminded")


def _obey(word: str = "", seconds: str = "", *_: str) -> None:
    if word == "pause":
        time.sleep(float(seconds))
    elif word == "grow":
        _kept.append(b"x" * (int(seconds) * 1_000_000))
    elif word == "raise":
        raise ValueError("as the message asks")
    elif word == "die":
        os.kill(os.getpid(), signal.SIGKILL)


prepare(bot)
