"""A bot's states and the moves between them, for `parley states` and the dashboard to draw."""

from collections.abc import Iterator

from pipeline.botkit import moves
from pipeline.botkit.bot import Bot
from pipeline.botkit.moves import ANYWHERE, Edge

__all__ = ["ANYWHERE", "Edge", "as_text", "edges"]


def edges(bot: Bot) -> list[Edge]:
    """Every move that the code shows, in its order; source "*" is any state."""
    return moves.edges(bot.definition)


def as_text(bot: Bot) -> str:
    """The states and where each one leads, for a terminal."""
    return "\n".join(_lines(bot))


def _lines(bot: Bot) -> Iterator[str]:
    yield f"{bot.name}, starting in {bot.start}"
    found = edges(bot)
    for state in bot.states.values():
        yield ""
        yield f"{state.name}  ({'awaits' if state.sort == 'await' else 'sends'})"
        yield from (_arrow(edge) for edge in found if edge.source == state.name)
        if state.to is None and moves.returned(state).is_open:
            yield "  -> ?  (decided while it runs)"
    anywhere = [_arrow(edge) for edge in found if edge.source == ANYWHERE]
    if anywhere:
        yield from ("", "anywhere", *anywhere)


def _arrow(edge: Edge) -> str:
    return f"  -> {edge.target}  ({edge.label})" if edge.label else f"  -> {edge.target}"
