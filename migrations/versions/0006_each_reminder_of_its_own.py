"""Timers by kind: a conversation may have several reminders, also to one state."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_UNIQUE = "uq_timer_conversation_id_name"
_INDEX = "ix_timer_conversation"


def upgrade() -> None:
    with op.batch_alter_table("timer", table_kwargs={"sqlite_autoincrement": True}) as table:
        table.drop_constraint(_UNIQUE, type_="unique")
        table.alter_column("name", type_=sa.String(32), existing_type=sa.Text())
        table.create_index(_INDEX, ["conversation_id"])
    op.execute("UPDATE timer SET name = 'reminder' WHERE name LIKE 'remind:%'")
    op.execute("UPDATE timer SET name = 'release' WHERE name = 'give_back'")


def downgrade() -> None:
    op.execute("UPDATE timer SET name = 'give_back' WHERE name = 'release'")
    op.execute("UPDATE timer SET name = 'remind:' || to_state WHERE name = 'reminder'")
    # One of each name: the earliest.
    op.execute(
        "DELETE FROM timer WHERE id NOT IN "
        "(SELECT min(id) FROM timer GROUP BY conversation_id, name)"
    )
    with op.batch_alter_table("timer", table_kwargs={"sqlite_autoincrement": True}) as table:
        table.drop_index(_INDEX)
        table.alter_column("name", type_=sa.Text(), existing_type=sa.String(32))
        table.create_unique_constraint(_UNIQUE, ["conversation_id", "name"])
