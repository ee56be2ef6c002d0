"""How many open conversations are in each state, and whether the tallies say the same."""

from sqlalchemy import Connection, func, select, text, union_all

from pipeline.records.core.conversations import Conversation
from pipeline.records.stats import tallies
from pipeline.records.stats.tallies import Tally


def count_open(connection: Connection) -> dict[str, int]:
    """How many open conversations are in each state, counted one by one."""
    query = (
        select(Conversation.state, func.count().label("conversations"))
        .where(Conversation.closed_at.is_(None))
        .group_by(Conversation.state)
    )
    return {row.state: row.conversations for row in connection.execute(query)}


def recount(connection: Connection) -> int:
    """Count anew what is in each state; returns how many counts were wrong.

    They are where a process of a release before the counts still ran. One statement sees the
    conversations and the counts at the same moment.
    """
    if connection.dialect.name == "postgresql":
        # Two recounts would add the differences twice. Writers are not blocked. (SQLAlchemy has no
        # LOCK TABLE.)
        connection.execute(text("LOCK TABLE tally IN SHARE UPDATE EXCLUSIVE MODE"))
    counted = union_all(
        select(Conversation.state.label("state"), func.count().label("number"))
        .where(Conversation.closed_at.is_(None))
        .group_by(Conversation.state),
        select(Tally.word, -Tally.number).where(Tally.noun == tallies.STATE),
    ).subquery()
    difference = func.sum(counted.c.number)
    query = select(counted.c.state, difference).group_by(counted.c.state)
    wrong = connection.execute(query.having(difference != 0)).all()
    tallies.add(connection, tallies.STATE, {state: int(number) for state, number in wrong})
    return len(wrong)
