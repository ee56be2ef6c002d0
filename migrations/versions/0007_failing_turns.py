"""Where a failed turn is shown, an index of those to be tried again, and workers' bot versions."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_FAILING = sa.text("status = 'waiting' AND attempts > 0")
_SHOWN = sa.text("conversation_id IS NOT NULL")
_INDEXES = (
    ("ix_inbox_failing", "id", _FAILING),
    ("ix_inbox_shown", "conversation_id", _SHOWN),
)


def upgrade() -> None:
    op.add_column("worker", sa.Column("bot_version", sa.Text(), nullable=False, server_default=""))
    op.add_column("inbox", sa.Column("conversation_id", sa.Uuid(), nullable=True))
    for name, column, where in _INDEXES:
        op.create_index(name, "inbox", [column], postgresql_where=where, sqlite_where=where)
    # Turns that are parked, which are few: their messages are in the log.
    op.execute(
        "UPDATE inbox SET conversation_id = (SELECT message.conversation_id FROM message"
        " WHERE message.turn_id = inbox.id AND message.ordinal = 0) WHERE status = 'parked'"
    )


def downgrade() -> None:
    for name, _, _ in _INDEXES:
        op.drop_index(name, "inbox")
    op.drop_column("inbox", "conversation_id")
    op.drop_column("worker", "bot_version")
