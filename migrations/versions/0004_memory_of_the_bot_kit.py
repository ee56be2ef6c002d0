"""The bot kit's memory of a conversation: its way back, calls of flows, wrong answers."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    memory = sa.Column("memory", sa.JSON(), nullable=False, server_default="{}")
    op.add_column("conversation", memory)


def downgrade() -> None:
    op.drop_column("conversation", "memory")
