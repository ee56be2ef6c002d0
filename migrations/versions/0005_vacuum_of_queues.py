"""When PostgreSQL vacuums the tables that are queues as well as history."""

from collections.abc import Sequence

from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

# A claim passes by the dead entries at the head of its index, and PostgreSQL would wait for dead
# rows of a fifth of the whole history. The share is small and not none, because a vacuum reads
# every index from end to end.
_SETTINGS = {
    "inbox": "autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 10000",
    "receipt": "autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 10000",
    "lane": "autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 5000",
    "timer": "autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 5000",
    "conversation": "autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000",
    # Room in each page for the row that every turn changes: no index,
    # not even that of names, changes.
    "contact": "fillfactor = 85",
}


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table, settings in _SETTINGS.items():
            op.execute(f"ALTER TABLE {table} SET ({settings})")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table, settings in _SETTINGS.items():
            names = ", ".join(setting.split(" = ")[0] for setting in settings.split(", "))
            op.execute(f"ALTER TABLE {table} RESET ({names})")
