"""Addresses of contacts: every name of a contact on a channel, and keys that stand for a lane."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "lane_alias",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("is_pinned", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_lane_alias")),
    )
    op.create_index(op.f("ix_lane_alias_lane"), "lane_alias", ["lane"])
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "address",
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("first_seen_at", moment, nullable=False),
        sa.Column("last_seen_at", moment, nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_address_contact_id")),
        sa.PrimaryKeyConstraint("channel", "address", name=op.f("pk_address")),
    )
    op.create_index(op.f("ix_address_contact_id"), "address", ["contact_id"])
    # Without a default, so that no table is rewritten, however large.
    op.add_column("inbox", sa.Column("names", sa.Text()))
    op.add_column("conversation", sa.Column("address", sa.Text()))
    op.add_column("message", sa.Column("address", sa.Text()))
    op.add_column("contact", sa.Column("also", sa.Text()))
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE INDEX ix_contact_words_also ON contact USING gin (lower(also) gin_trgm_ops) "
            "WHERE also IS NOT NULL"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("ix_contact_words_also", table_name="contact")
    op.drop_column("contact", "also")
    op.drop_column("message", "address")
    op.drop_column("conversation", "address")
    op.drop_column("inbox", "names")
    op.drop_table("address")
    op.drop_table("lane_alias")
