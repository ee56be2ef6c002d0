"""Filling PostgreSQL: the server makes the rows, with no index to keep but the primary keys.

Whatever is random is a hash of the row's number and the seed.
"""

from collections.abc import Callable, Sequence

from sqlalchemy import Connection, text

from proving.seeding import sample_texts, sql
from proving.seeding.plan import OPERATORS, OUR_NUMBER, Plan

_TABLES = "'contact', 'conversation', 'message', 'transition'"
_FOR_THIS_TRANSACTION = {
    "work_mem": "512MB",
    "maintenance_work_mem": "1GB",
    "max_parallel_maintenance_workers": "4",
}


def fill(connection: Connection, plan: Plan, say: Callable[[str], None]) -> None:
    """Add contacts, conversations, messages and steps; `say` receives the progress."""
    for name, value in _FOR_THIS_TRANSACTION.items():
        connection.execute(text(f"SET LOCAL {name} = '{value}'"))
    dropped = _drop_indexes(connection)
    _prepare(connection, plan)
    values = {
        "conversations": plan.conversations,
        "messages": plan.messages,
        "people": plan.people,
        "now": plan.now,
        "our_number": OUR_NUMBER,
        "operators": list(OPERATORS),
    }
    for what, statement in sql.STEPS:
        connection.execute(text(statement), values)
        say(what)
    for statement in dropped:
        connection.execute(text(statement))
    say("indexes")


def tidy(connection: Connection) -> None:
    """Tell the planner what there is. The connection must be outside a transaction."""
    connection.execute(text("VACUUM (ANALYZE)"))


def _prepare(connection: Connection, plan: Plan) -> None:
    connection.execute(text(sql.functions(plan.seed)))
    for table, pieces in (
        ("phrase", sample_texts.phrases(plan.seed)),
        ("called", sample_texts.names(plan.seed)),
    ):
        connection.execute(
            text(
                f"CREATE TEMP TABLE {table} ON COMMIT DROP AS SELECT n - 1 AS n, words "  # noqa: S608 (names of our own)
                "FROM unnest(CAST(:pieces AS text[])) WITH ORDINALITY AS t(words, n)"
            ),
            {"pieces": pieces},
        )


def _drop_indexes(connection: Connection) -> Sequence[str]:
    """Drop all indexes and keys but the primary ones; returns what brings them back."""
    keys = connection.execute(text(_KEYS)).all()
    for key in keys:
        connection.execute(text(f'ALTER TABLE {key.table_name} DROP CONSTRAINT "{key.name}"'))
    indexes = connection.execute(text(_INDEXES)).all()
    for index in indexes:
        connection.execute(text(f'DROP INDEX "{index.name}"'))
    again = [index.definition for index in indexes] + [
        f'ALTER TABLE {key.table_name} ADD CONSTRAINT "{key.name}" {key.definition}' for key in keys
    ]
    # A colon in a definition names no parameter.
    return [statement.replace(":", r"\:") for statement in again]


_KEYS = f"""
SELECT conrelid\\:\\:regclass AS table_name, conname AS name,
  pg_get_constraintdef(oid) AS definition
FROM pg_constraint
WHERE contype IN ('u', 'f') AND conrelid\\:\\:regclass\\:\\:text IN ({_TABLES})
ORDER BY contype = 'f' DESC
"""  # noqa: S608 (names of our own)
_INDEXES = f"""
SELECT indexrelid\\:\\:regclass AS name, pg_get_indexdef(indexrelid) AS definition
FROM pg_index
WHERE NOT indisprimary AND indrelid\\:\\:regclass\\:\\:text IN ({_TABLES})
"""  # noqa: S608 (names of our own)
