"""Every table of the first version."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0001"
down_revision: str | None = None
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_audit_created_at"), "audit", ["created_at"], unique=False)
    op.create_table(
        "contact",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.Column("opt_outs", sa.JSON(), nullable=False),
        sa.Column("is_blocked", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
        sa.UniqueConstraint("key", name=op.f("uq_contact_key")),
    )
    op.create_index(op.f("ix_contact_created_at"), "contact", ["created_at"], unique=False)
    op.create_index(op.f("ix_contact_name"), "contact", ["name"], unique=False)
    op.create_table(
        "inbox",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("is_filed", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.UniqueConstraint(
            "provider_id",
            "provider",
            "account_id",
            name=op.f("uq_inbox_provider_id_provider_account_id"),
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_inbox_consent",
        "inbox",
        ["id"],
        unique=False,
        postgresql_where=sa.text("status = 'waiting' AND kind = 'consent'"),
        sqlite_where=sa.text("status = 'waiting' AND kind = 'consent'"),
    )
    op.create_index(
        "ix_inbox_parked",
        "inbox",
        ["id"],
        unique=False,
        postgresql_where=sa.text("status = 'parked'"),
        sqlite_where=sa.text("status = 'parked'"),
    )
    op.create_index(
        "ix_inbox_unfiled",
        "inbox",
        ["id"],
        unique=False,
        postgresql_where=sa.text("NOT is_filed"),
        sqlite_where=sa.text("NOT is_filed"),
    )
    op.create_index(
        "ix_inbox_waiting",
        "inbox",
        ["lane", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'waiting'"),
        sqlite_where=sa.text("status = 'waiting'"),
    )
    op.create_table(
        "lane",
        sa.Column("direction", sa.String(length=32), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("token", sa.Uuid(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("has_more", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("blocked_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("direction", "key", name=op.f("pk_lane")),
    )
    op.create_index(
        "ix_lane_blocked",
        "lane",
        ["blocked_by"],
        unique=False,
        postgresql_where=sa.text("blocked_by IS NOT NULL"),
        sqlite_where=sa.text("blocked_by IS NOT NULL"),
    )
    op.create_index(
        "ix_lane_due",
        "lane",
        ["direction", "due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL AND token IS NULL"),
        sqlite_where=sa.text("due_at IS NOT NULL AND token IS NULL"),
    )
    op.create_index(
        "ix_lane_leased",
        "lane",
        ["direction", "due_at"],
        unique=False,
        postgresql_where=sa.text("token IS NOT NULL"),
        sqlite_where=sa.text("token IS NOT NULL"),
    )
    op.create_table(
        "receipt",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("error_code", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt")),
        sa.UniqueConstraint(
            "provider_id",
            "status",
            "error_code",
            "provider",
            "account_id",
            name=op.f("uq_receipt_provider_id_status_error_code_provider_account_id"),
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_receipt_unmatched",
        "receipt",
        ["provider_id"],
        unique=False,
        postgresql_where=sa.text("state = 'unmatched'"),
        sqlite_where=sa.text("state = 'unmatched'"),
    )
    op.create_index(
        "ix_receipt_waiting",
        "receipt",
        ["id"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
        sqlite_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "sender",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("rate", sa.Double(), nullable=False),
        sa.Column("tokens", sa.Double(), nullable=False),
        sa.Column("refilled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("circuit", sa.String(length=32), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("open_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_sender")),
    )
    op.create_table(
        "token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_token")),
        sa.UniqueConstraint("name", name=op.f("uq_token_name")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_token_secret_hash")),
    )
    op.create_table(
        "user_account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("is_disabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("email", name=op.f("uq_user_account_email")),
    )
    op.create_table(
        "watermark",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("reached_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_watermark")),
    )
    op.create_table(
        "worker",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("pool", sa.String(length=32), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_worker")),
    )
    op.create_index(op.f("ix_worker_seen_at"), "worker", ["seen_at"], unique=False)
    op.create_table(
        "conversation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("our_number", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_seq", sa.Integer(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("choices", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("holder", sa.String(length=32), nullable=False),
        sa.Column("held_by", sa.Text(), nullable=False),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_message_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_inbound_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_conversation_contact_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation")),
    )
    op.create_index(
        "ix_conversation_contact", "conversation", ["contact_id", "opened_at"], unique=False
    )
    op.create_index(
        "ix_conversation_held",
        "conversation",
        ["last_message_at", "id"],
        unique=False,
        postgresql_where=sa.text("holder <> 'bot'"),
        sqlite_where=sa.text("holder <> 'bot'"),
    )
    op.create_index(
        "ix_conversation_recent", "conversation", ["last_message_at", "id"], unique=False
    )
    op.create_index(
        "ix_conversation_state",
        "conversation",
        ["state", "last_message_at", "id"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL"),
        sqlite_where=sa.text("closed_at IS NULL"),
    )
    op.create_index(
        "uq_conversation_open",
        "conversation",
        ["contact_id", "channel", "our_number"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
        sqlite_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "sign_in",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_sign_in_user_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sign_in")),
    )
    op.create_index(op.f("ix_sign_in_user_id"), "sign_in", ["user_id"], unique=False)
    op.create_table(
        "message",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=True),
        sa.Column("turn_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("ordinal", sa.Integer(), nullable=True),
        sa.Column("direction", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("our_number", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("media", sa.JSON(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=True),
        sa.Column("idempotency_key", sa.Text(), nullable=True),
        sa.Column("error_code", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("segments", sa.Integer(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("resends", sa.Integer(), nullable=False),
        sa.Column("attempted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("status_times", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_message_contact_id")),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_message_conversation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_message_idempotency_key")),
        sa.UniqueConstraint("public_id", name=op.f("uq_message_public_id")),
        sa.UniqueConstraint("turn_id", "ordinal", name=op.f("uq_message_turn_id_ordinal")),
        sqlite_autoincrement=True,
        postgresql_with={"fillfactor": 70},
    )
    op.create_index("ix_message_contact", "message", ["contact_id", "id"], unique=False)
    op.create_index("ix_message_conversation", "message", ["conversation_id", "id"], unique=False)
    op.create_index(
        "ix_message_pending",
        "message",
        ["contact_id", "id"],
        unique=False,
        postgresql_where=sa.text("settled_at IS NULL"),
        sqlite_where=sa.text("settled_at IS NULL"),
    )
    op.create_index(
        "ix_message_resent",
        "message",
        ["resends"],
        unique=False,
        postgresql_where=sa.text("resends > 0"),
        sqlite_where=sa.text("resends > 0"),
    )
    op.create_index(
        "uq_message_provider_id",
        "message",
        ["provider_id", "provider"],
        unique=True,
        postgresql_where=sa.text("provider_id IS NOT NULL"),
        sqlite_where=sa.text("provider_id IS NOT NULL"),
    )
    op.create_table(
        "timer",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("state_seq", sa.Integer(), nullable=False),
        sa.Column("armed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_timer_conversation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timer")),
        sa.UniqueConstraint("conversation_id", "name", name=op.f("uq_timer_conversation_id_name")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_timer_due_at"), "timer", ["due_at"], unique=False)
    op.create_table(
        "transition",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=False),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("cause", sa.String(length=32), nullable=False),
        sa.Column("via", sa.String(length=32), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("turn_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("bot_version", sa.Text(), nullable=False),
        sa.Column("data_before", sa.JSON(), nullable=False),
        sa.Column("data_after", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_transition_conversation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transition")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_transition_conversation", "transition", ["conversation_id", "id"], unique=False
    )


def downgrade() -> None:
    op.drop_index("ix_transition_conversation", table_name="transition")
    op.drop_table("transition")
    op.drop_index(op.f("ix_timer_due_at"), table_name="timer")
    op.drop_table("timer")
    op.drop_index(
        "uq_message_provider_id",
        table_name="message",
        postgresql_where=sa.text("provider_id IS NOT NULL"),
        sqlite_where=sa.text("provider_id IS NOT NULL"),
    )
    op.drop_index(
        "ix_message_resent",
        table_name="message",
        postgresql_where=sa.text("resends > 0"),
        sqlite_where=sa.text("resends > 0"),
    )
    op.drop_index(
        "ix_message_pending",
        table_name="message",
        postgresql_where=sa.text("settled_at IS NULL"),
        sqlite_where=sa.text("settled_at IS NULL"),
    )
    op.drop_index("ix_message_conversation", table_name="message")
    op.drop_index("ix_message_contact", table_name="message")
    op.drop_table("message")
    op.drop_index(op.f("ix_sign_in_user_id"), table_name="sign_in")
    op.drop_table("sign_in")
    op.drop_index(
        "uq_conversation_open",
        table_name="conversation",
        postgresql_where=sa.text("closed_at IS NULL"),
        sqlite_where=sa.text("closed_at IS NULL"),
    )
    op.drop_index(
        "ix_conversation_state",
        table_name="conversation",
        postgresql_where=sa.text("closed_at IS NULL"),
        sqlite_where=sa.text("closed_at IS NULL"),
    )
    op.drop_index("ix_conversation_recent", table_name="conversation")
    op.drop_index(
        "ix_conversation_held",
        table_name="conversation",
        postgresql_where=sa.text("holder <> 'bot'"),
        sqlite_where=sa.text("holder <> 'bot'"),
    )
    op.drop_index("ix_conversation_contact", table_name="conversation")
    op.drop_table("conversation")
    op.drop_index(op.f("ix_worker_seen_at"), table_name="worker")
    op.drop_table("worker")
    op.drop_table("watermark")
    op.drop_table("user_account")
    op.drop_table("token")
    op.drop_table("sender")
    op.drop_index(
        "ix_receipt_waiting",
        table_name="receipt",
        postgresql_where=sa.text("state = 'waiting'"),
        sqlite_where=sa.text("state = 'waiting'"),
    )
    op.drop_index(
        "ix_receipt_unmatched",
        table_name="receipt",
        postgresql_where=sa.text("state = 'unmatched'"),
        sqlite_where=sa.text("state = 'unmatched'"),
    )
    op.drop_table("receipt")
    op.drop_index(
        "ix_lane_leased",
        table_name="lane",
        postgresql_where=sa.text("token IS NOT NULL"),
        sqlite_where=sa.text("token IS NOT NULL"),
    )
    op.drop_index(
        "ix_lane_due",
        table_name="lane",
        postgresql_where=sa.text("due_at IS NOT NULL AND token IS NULL"),
        sqlite_where=sa.text("due_at IS NOT NULL AND token IS NULL"),
    )
    op.drop_index(
        "ix_lane_blocked",
        table_name="lane",
        postgresql_where=sa.text("blocked_by IS NOT NULL"),
        sqlite_where=sa.text("blocked_by IS NOT NULL"),
    )
    op.drop_table("lane")
    op.drop_index(
        "ix_inbox_waiting",
        table_name="inbox",
        postgresql_where=sa.text("status = 'waiting'"),
        sqlite_where=sa.text("status = 'waiting'"),
    )
    op.drop_index(
        "ix_inbox_unfiled",
        table_name="inbox",
        postgresql_where=sa.text("NOT is_filed"),
        sqlite_where=sa.text("NOT is_filed"),
    )
    op.drop_index(
        "ix_inbox_parked",
        table_name="inbox",
        postgresql_where=sa.text("status = 'parked'"),
        sqlite_where=sa.text("status = 'parked'"),
    )
    op.drop_index(
        "ix_inbox_consent",
        table_name="inbox",
        postgresql_where=sa.text("status = 'waiting' AND kind = 'consent'"),
        sqlite_where=sa.text("status = 'waiting' AND kind = 'consent'"),
    )
    op.drop_table("inbox")
    op.drop_index(op.f("ix_contact_name"), table_name="contact")
    op.drop_index(op.f("ix_contact_created_at"), table_name="contact")
    op.drop_table("contact")
    op.drop_index(op.f("ix_audit_created_at"), table_name="audit")
    op.drop_table("audit")
