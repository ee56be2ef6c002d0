"""The texts of a failed turn: what an operator reads, and what the log of the process says.

failing.py uses them.
"""

import re
import traceback
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from traceback import walk_tb

from pipeline.errors import BotError
from pipeline.messages import storable

_ERROR_LENGTH = 20_000
_FACT_LENGTH = 300
# A number, but for its last two digits.
_NUMBER = re.compile(r"\d{5,}(?=\d{2})")
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")
_HIDDEN = "…"
# A shorter text without digits is a word like "yes", and the error would say less without it.
_TELLING_LENGTH = 6


def explained(error: BaseException) -> str:
    """What an operator reads about a failed turn: the message, then the traceback."""
    cause = error.__cause__ if isinstance(error, BotError) and error.__cause__ else error
    text = f"{error}\n\n{''.join(traceback.format_exception(cause))}"
    return storable(text[:_ERROR_LENGTH])


def facts_of(error: BaseException) -> Mapping[str, str | int]:
    """The state, file, line and error of a failed turn, for the log of the process."""
    if isinstance(error, BotError) and error.what:
        file, line, what = error.file, error.line, error.what
    else:
        file, line = _innermost(error)
        what = f"{type(error).__name__}: {error}"
    facts: dict[str, str | int] = {"error": what}
    if isinstance(error, BotError) and error.state:
        facts["state"] = error.state
    if file:
        facts |= {"file": file, "line": line}
    return facts


def _innermost(error: BaseException) -> tuple[str, int]:
    last = ("", 0)
    for frame, line in walk_tb(error.__traceback__):
        last = Path(frame.f_code.co_filename).name, line
    return last


def without_content(error: str, texts: Iterable[str]) -> str:
    """One line of an error, without numbers and without what the contact wrote in these texts."""
    line = next(iter(error.strip().splitlines()), "")
    for text in texts:
        for written in {text, repr(text)[1:-1]}:
            if _is_telling(written):
                line = line.replace(written, _HIDDEN)
        line = _QUOTED.sub(partial(_unless_said, text), line)
    return _NUMBER.sub(_HIDDEN, line)[:_FACT_LENGTH]


def _unless_said(said: str, found: re.Match[str]) -> str:
    quoted = found[1] or found[2] or ""
    if _is_telling(quoted) and quoted in said:
        return found[0].replace(quoted, _HIDDEN)
    return found[0]


def _is_telling(text: str) -> bool:
    return len(text.strip()) >= _TELLING_LENGTH or any(one.isdigit() for one in text)
