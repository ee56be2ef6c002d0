"""A responder: somebody who answers a contact freely, where a bot's own rules have no answer."""

from collections.abc import Callable, Coroutine
from typing import Any

from pipeline.botkit.turn import Turn

# Any `async def responder(turn)`: what to say, or None to leave it to the rules. It reads the turn
# and says nothing by itself. `pipeline.botkit.llm` has one for models.
Responder = Callable[[Turn], Coroutine[Any, Any, str | None]]
