"""How messages that a test sends at the same time are grouped into turns, as in production."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from pipeline.botkit.bot import Bot
from pipeline.botkit.inputs.debounce import EACH, LAST, Arrival, Debounce, Join, count_together
from pipeline.conversation.values import Conversation
from pipeline.messages import Inbound


class Receiver(Protocol):
    """The conversation test that receives them."""

    bot: Bot
    now: datetime
    conversation: Conversation

    @property
    def is_over(self) -> bool: ...

    def is_settled(self, message: Inbound) -> bool: ...


def debounce(talk: Receiver, waiting: Sequence[Arrival]) -> tuple[Debounce | Join, int]:
    """How messages are grouped now, and how many of the first form one turn."""
    bot, conversation, is_over = talk.bot, talk.conversation, talk.is_over
    if not is_over and conversation.is_held(talk.now):
        return EACH, 0
    policy = bot.debounce_in(bot.start if is_over else conversation.state)
    choices = () if is_over else conversation.choices

    def needs_own_turn(message: Inbound) -> bool:
        is_own = bot.needs_own_turn(message, choices, is_tap_plain=policy == LAST)
        return is_own or talk.is_settled(message)

    return policy, count_together(waiting, policy, needs_own_turn)
