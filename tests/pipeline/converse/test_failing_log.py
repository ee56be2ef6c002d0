"""The line in the log of a turn that fails: it names everything, and no content."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from pipeline.botkit import Turn
from pipeline.converse.error_texts import without_content
from tests.pipeline.conftest import MakeStage
from tests.pipeline.converse.moody import Moody


def test_log_names_everything_at_the_first_attempt(stage: MakeStage) -> None:
    s = stage(Moody().bot)
    s.hears("bad")
    with capture_logs() as logs:
        s.converse()
    (line,) = (line for line in logs if line["event"] == "turn failed")
    (entry,), (talk,) = s.entries(), s.conversations()
    assert line["log_level"] == "error"
    assert (line["turn"], line["attempt"], line["conversation"]) == (entry.id, 1, str(talk.id))
    assert (line["bot"], line["state"]) == ("moody", "start")
    assert line["error"] == "RuntimeError: out of sorts"
    assert line["file"].endswith("tests/pipeline/converse/moody.py")
    assert 'raise RuntimeError("out of sorts")' in _source(line["file"])[line["line"] - 1]


def _source(path: str) -> list[str]:
    return Path(path).read_text("utf-8").splitlines()


def test_log_names_an_exit_too(stage: MakeStage) -> None:
    def leave(_turn: Turn) -> None:
        raise SystemExit("enough")

    s = stage(leave)
    s.hears("hi")
    with capture_logs() as logs:
        s.converse()
    (line,) = (line for line in logs if line["event"] == "turn failed")
    assert (line["bot"], line["state"], line["error"]) == ("tester", "start", "SystemExit: enough")
    assert line["file"] == "test_failing_log.py"


@pytest.mark.parametrize(
    ("error", "said", "logged"),
    [
        ("ValueError: no 'my secret'", "it is my secret", "ValueError: no '…'"),
        ("KeyError: 'name'", "my name", "KeyError: 'name'"),
        ("RuntimeError: boom", "boom", "RuntimeError: boom"),
        ("ValueError: bad pin 1234", "1234", "ValueError: bad pin …"),
        ("ValueError: +14155550132 is odd", "hi", "ValueError: +…32 is odd"),
        ("ValueError: what a long text\nand more", "a long text", "ValueError: what …"),
        ("", "hi", ""),
    ],
)
def test_log_has_neither_content_nor_numbers(error: str, said: str, logged: str) -> None:
    assert without_content(error, [said]) == logged
