"""A bot for tests against real processes: it counts, notes when it worked, and obeys.

"pause 10" makes it work for 10 s, "three" makes it answer three times. Every turn leaves two lines
in the file that TEST_BOT_LOG names, whichever process ran it.
"""

import json
import os
import time
from pathlib import Path
from typing import Any

from pipeline.botkit import Bot, Turn

bot = Bot("counter", start="counting", loop_guard=None)


@bot.awaits("counting")
def counting(turn: Turn) -> None:
    text = turn.message.text
    _note("begin", turn)
    word, _, seconds = text.partition(" ")
    if word == "pause":
        time.sleep(float(seconds.split()[0]))
    heard = [*turn.data.get("heard", []), text]
    turn.data["heard"] = heard
    for part in ("a", "b", "c") if word == "three" else ("",):
        turn.say(f"{len(heard)}{part}: {text}")
    _note("end", turn)


def _note(what: str, turn: Turn) -> None:
    line = {
        "what": what,
        "phone": turn.contact.phone,
        "text": turn.message.text,
        "process": os.getpid(),
        "at": time.monotonic_ns() / 1e9,
    }
    # One write of an appending descriptor: lines of several processes do not mix.
    descriptor = os.open(os.environ["TEST_BOT_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(descriptor, f"{json.dumps(line)}\n".encode())
    finally:
        os.close(descriptor)


def read_notes(path: Path) -> list[dict[str, Any]]:
    """The notes so far, in the order of time."""
    lines = path.read_text().splitlines() if path.exists() else []
    return sorted((json.loads(line) for line in lines), key=lambda note: note["at"])
