"""A fake Twilio for one test."""

from collections.abc import Iterator

import pytest

from proving.faults.fake_twilio import FakeTwilio


@pytest.fixture
def fake() -> Iterator[FakeTwilio]:
    """A Twilio that answers on a port of this machine."""
    with FakeTwilio() as running:
        yield running
