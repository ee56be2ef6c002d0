"""The settings that name states take names, and say where they do not."""

from datetime import timedelta
from typing import Any

import pytest

from pipeline.botkit import Bot, Text
from pipeline.errors import BotDefinitionError

WRONG: Any = ["a"]


def test_what_names_a_state_must_be_text() -> None:
    bot = Bot("b", start="a")
    with pytest.raises(BotDefinitionError, match=r'"s", .*py:\d+: then= must be the name'):
        bot.sends("s", then=WRONG)
    with pytest.raises(BotDefinitionError, match="then= must be the name"):
        bot.asks("q", "Who?", Text(), then=WRONG)
    with pytest.raises(BotDefinitionError, match="give_up= must be the name"):
        bot.asks("q", "Who?", Text(), tries=1, give_up=WRONG)
    with pytest.raises(BotDefinitionError, match="on_timeout= must be the name"):
        bot.awaits("w", timeout=timedelta(hours=1), on_timeout=WRONG)
    with pytest.raises(BotDefinitionError, match="to= must be the name"):
        bot.awaits("w", to=[WRONG])
