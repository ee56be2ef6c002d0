"""What the kit keeps of a talk: its pace."""

from datetime import timedelta

from pipeline.botkit.engine.memory import Memory
from tests.pipeline.botkit.situations import NOW

GUARD = (3, timedelta(seconds=30))


def test_older_messages_that_were_pulled_late_are_not_quick() -> None:
    memory = Memory()
    olds = [NOW - timedelta(hours=hours) for hours in range(1, 9)]
    assert not any(memory.is_too_fast(old, NOW, GUARD) for old in olds)
    assert memory.pace is None


def test_quick_messages_are_still_counted() -> None:
    memory = Memory()
    times = [NOW + timedelta(seconds=second) for second in range(5)]
    pairs = zip(times[1:], times, strict=False)
    assert any(memory.is_too_fast(at, before, GUARD) for at, before in pairs)
