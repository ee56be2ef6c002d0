"""Attempts: a turn of the test kit, tried as often as Parley tries one, without the pauses."""

from collections.abc import Callable

from pipeline.botkit.bot import Bot
from pipeline.botkit.situation import Situation, TurnError
from pipeline.conversation.turns import MAX_ATTEMPTS, Outcome, Received
from pipeline.errors import BotError


def take_turn(
    bot: Bot, situation: Callable[[], Situation], apply: Callable[[Outcome], None]
) -> tuple[Outcome | None, BotError | None]:
    """What the bot wants, and the error of its last failed attempt.

    The outcome is None where every attempt failed and on_error answered; what it wants meanwhile is
    passed to `apply`. Raises BotError where nothing answered: the contact would get no reply.
    """
    error, has_answered = None, False
    for attempt in range(1, MAX_ATTEMPTS + 1):
        try:
            return bot.respond(situation()), error
        except BotError as failure:
            error = failure
        if not isinstance(situation().cause, Received):
            break
        told = TurnError.of(error, attempt, is_last=attempt == MAX_ATTEMPTS)
        recovery = bot.recover(situation(), told)
        if recovery and recovery.is_settled:
            return recovery.outcome, error
        if recovery:
            has_answered = True
            apply(recovery.outcome)
    if not has_answered and error:
        raise error
    return None, error
