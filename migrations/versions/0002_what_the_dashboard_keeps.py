"""What the dashboard keeps: counts, unread and failed marks, invitations, canned replies."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_UNREAD = sa.text("last_inbound_at IS NOT NULL AND (read_at IS NULL OR read_at < last_inbound_at)")
_FAILED = sa.text("failed_at IS NOT NULL")
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "canned_reply",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_canned_reply")),
        sa.UniqueConstraint("title", name=op.f("uq_canned_reply_title")),
    )
    op.create_table(
        "invitation",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_invitation")),
    )
    tally = op.create_table(
        "tally",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("noun", sa.String(length=32), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tally")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_action", "audit", ["action", "target", "created_at"])
    op.add_column("conversation", sa.Column("read_at", _MOMENT, nullable=True))
    # What was said before there was a mark is not news.
    op.execute("UPDATE conversation SET read_at = last_inbound_at")
    op.create_index(
        "ix_conversation_unread",
        "conversation",
        ["last_message_at", "id"],
        postgresql_where=_UNREAD,
        sqlite_where=_UNREAD,
    )
    op.add_column("message", sa.Column("failed_at", _MOMENT, nullable=True))
    for name, columns in (
        ("ix_message_failed", ["failed_at", "id"]),
        ("ix_message_failed_conversation", ["conversation_id"]),
    ):
        op.create_index(name, "message", columns, postgresql_where=_FAILED, sqlite_where=_FAILED)
    op.add_column("sign_in", sa.Column("agent", sa.Text(), nullable=False, server_default=""))
    _count_what_is_there(tally)


def _count_what_is_there(tally: sa.Table) -> None:
    conversation = sa.table("conversation", sa.column("state"), sa.column("closed_at"))
    states = (
        sa.select(sa.literal("state"), conversation.c.state, sa.func.count())
        .where(conversation.c.closed_at.is_(None))
        .group_by(conversation.c.state)
    )
    contacts = sa.select(sa.literal("contacts"), sa.literal(""), sa.func.count()).select_from(
        sa.table("contact")
    )
    for counted in (states, contacts):
        op.execute(tally.insert().from_select(["noun", "word", "number"], counted))


def downgrade() -> None:
    op.drop_column("sign_in", "agent")
    for name in ("ix_message_failed_conversation", "ix_message_failed"):
        op.drop_index(name, table_name="message", postgresql_where=_FAILED, sqlite_where=_FAILED)
    op.drop_column("message", "failed_at")
    op.drop_index(
        "ix_conversation_unread",
        table_name="conversation",
        postgresql_where=_UNREAD,
        sqlite_where=_UNREAD,
    )
    op.drop_column("conversation", "read_at")
    op.drop_index("ix_audit_action", table_name="audit")
    for table in ("tally", "invitation", "canned_reply"):
        op.drop_table(table)
