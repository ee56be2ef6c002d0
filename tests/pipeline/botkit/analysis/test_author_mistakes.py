"""Each of the mistakes that bot authors make gives one message: where it is, and what to do."""

import re

import pytest

from pipeline.errors import BotError
from tests.pipeline.botkit.mistakes import (
    MISTAKES,
    Spoil,
    calls,
    spoiled,
    told,
    with_flow,
)


@pytest.mark.parametrize(
    ("spoil", "state", "remedy"), [row[1:] for row in MISTAKES], ids=[row[0] for row in MISTAKES]
)
def test_each_gives_one_message_with_place_and_remedy(
    spoil: Spoil, state: str, remedy: str
) -> None:
    with pytest.raises(BotError) as raised:
        told(spoiled(spoil))
    said = str(raised.value)
    assert "\n" not in said
    assert said.startswith('bot "tested"')
    assert re.search(r"tests/pipeline/botkit/\w+\.py:\d+", said)
    assert f'state "{state}"' in said or not state
    assert remedy in said


def test_sound_bot_has_no_mistakes() -> None:
    told(spoiled(with_flow(lambda bot: bot.command("go")(calls))))


def test_list_is_long_enough() -> None:
    assert len({name for name, *_ in MISTAKES}) == len(MISTAKES) >= 20
