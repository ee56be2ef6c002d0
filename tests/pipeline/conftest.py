"""The stage of a test, as a fixture that makes one with the bot that the test is about."""

from collections.abc import Callable, Iterator

import pytest

from tests.stage import Stage, a_stage

MakeStage = Callable[..., Stage]


@pytest.fixture
def stage(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeStage]:
    """Make a stage: `stage(bot, provider, **settings)`; its connections are closed at the end.

    Its clock is not the machine's, so what the machine takes for a call does not count.
    """
    monkeypatch.setattr("pipeline.dispatch.send.BEGIN_WITHIN_SECONDS", 60.0)
    made: list[Stage] = []

    def make(*parts: object, **settings: object) -> Stage:
        made.append(a_stage(database_url, *parts, **settings))  # type: ignore[arg-type]  # passed on
        return made[-1]

    yield make
    for one in made:
        one.database.close()
