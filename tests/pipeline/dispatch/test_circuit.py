"""A sender in trouble: its circuit opens, one message probes, and it slows down when told to."""

import pytest

from pipeline.errors import NotSent, OutcomeUnknown, SenderBlocked
from pipeline.records.core.senders import Sender
from tests.builders import rows
from tests.pipeline.conftest import MakeStage
from tests.provider_for_tests import Post
from tests.stage import BOB, Stage


def statuses(s: Stage) -> list[str]:
    return [row.status for row in s.outbound()]


def test_sender_in_trouble_rests_and_probes(stage: MakeStage) -> None:
    post = Post(*[OutcomeUnknown("Timed out.")] * 5)
    s = stage(None, post)
    for number in range(5):
        s.hears("hi", f"+1415555070{number}")
    s.plays()
    (sender,) = rows(s.database, Sender)
    assert (sender.circuit, sender.failures) == ("open", 5)
    s.hears("more", BOB)
    s.plays()
    assert len(post.sent) == 5
    s.clock.pass_by(15)
    s.dispatch()
    assert post.sent[5].recipient == BOB
    assert rows(s.database, Sender)[0].circuit == "closed"


def test_blocked_sender_keeps_rows_until_a_probe_passes(stage: MakeStage) -> None:
    post = Post(SenderBlocked("Suspended.", code="30002"), SenderBlocked("Still.", code="30002"))
    s = stage(None, post)
    s.hears("first")
    s.plays()
    for number in range(4):
        s.hears("more", f"+1415555070{number}")
    s.plays()
    assert len(post.sent) == 1
    (sender,) = rows(s.database, Sender)
    assert (sender.circuit, sender.reason) == ("open", "Suspended. (30002)")
    s.clock.pass_by(60)
    s.dispatch()
    assert len(post.sent) == 2
    s.clock.pass_by(60)
    s.dispatch()
    # The probe passed, and everybody behind it was due at once.
    assert len(post.sent) == 7
    assert statuses(s) == ["accepted"] * 5
    assert rows(s.database, Sender)[0].reason == ""


def test_too_many_requests_slows_the_sender_down(stage: MakeStage) -> None:
    post = Post(NotSent("Slow down.", code="20429", slow_down=True, retry_after=1))
    s = stage(None, post)
    s.hears("hi")
    s.plays()
    (sender,) = rows(s.database, Sender)
    assert (sender.rate, sender.circuit, sender.failures) == (8.0, "closed", 0)
    s.clock.pass_by(10)
    s.dispatch()
    assert statuses(s) == ["accepted"]
    assert rows(s.database, Sender)[0].rate == pytest.approx(8.5)
