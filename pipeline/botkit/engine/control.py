"""Moves that are more than the name of a state: `turn.back()`, `turn.call()` and `turn.done()`.

A handler returns them; `run` looks up where they lead.
"""

from typing import Any, Literal


class Jump(str):
    """What a handler returns to go back, to call a flow or to end one; a text for its type only."""

    __slots__ = ("flow", "then", "value", "way")

    way: Literal["back", "call", "done"]
    flow: str
    then: str
    value: Any

    @classmethod
    def back(cls) -> "Jump":
        """To the AWAIT-state before this one."""
        return cls._made("back")

    @classmethod
    def call(cls, flow: str, then: str) -> "Jump":
        """Into `flow`, and to `then` when it is done."""
        return cls._made("call", flow, then)

    @classmethod
    def done(cls, value: Any) -> "Jump":
        """Out of the flow, with its result."""
        return cls._made("done", value=value)

    @classmethod
    def _made(
        cls,
        way: Literal["back", "call", "done"],
        flow: str = "",
        then: str = "",
        value: Any = None,
    ) -> "Jump":
        jump = cls(f"turn.{way}()")
        jump.way, jump.flow, jump.then, jump.value = way, flow, then, value
        return jump
