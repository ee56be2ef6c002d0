"""How many open conversations are in each state, and whether the tallies say the same."""

from sqlalchemy import Connection, func, select, text

from pipeline.records.core.conversations import Conversation
from pipeline.records.stats import tallies


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
        # Two of these would mend twice; writers go on.
        connection.execute(text("LOCK TABLE tally IN SHARE UPDATE EXCLUSIVE MODE"))
    wrong = connection.execute(text(_WRONG_COUNTS), {"noun": tallies.STATE}).all()
    tallies.add(connection, tallies.STATE, {row.word: int(row.number) for row in wrong})
    return len(wrong)


_WRONG_COUNTS = """
SELECT word, sum(number) AS number FROM (
  SELECT state AS word, count(*) AS number FROM conversation WHERE closed_at IS NULL GROUP BY state
  UNION ALL SELECT word, -number FROM tally WHERE noun = :noun
) AS counted GROUP BY word HAVING sum(number) <> 0
"""
