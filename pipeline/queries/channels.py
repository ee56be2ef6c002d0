"""Channels: those that conversations are on, for the filter of their list."""

from sqlalchemy import Connection, func, select

from pipeline.records.core.conversations import Conversation


def listing(connection: Connection) -> list[str]:
    """Every channel of a conversation, in alphabetical order.

    One look into an index for each channel, however many conversations there are.
    """
    first = select(func.min(Conversation.channel).label("name")).cte("used", recursive=True)
    after = select(func.min(Conversation.channel)).where(Conversation.channel > first.c.name)
    rest = select(after.scalar_subquery()).where(first.c.name.is_not(None))
    used = first.union_all(rest)
    query = select(used.c.name).where(used.c.name.is_not(None)).order_by(used.c.name)
    return list(connection.execute(query).scalars())
