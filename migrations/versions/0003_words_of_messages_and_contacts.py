"""Words of messages and contacts: full-text search, and the indexes of rare filters."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_CLOSED = sa.text("closed_at IS NOT NULL")
# As in pipeline/records/core/: an expression index serves only queries with the same expression.
_MESSAGE_WORDS = (
    "to_tsvector('simple', translate(left(message.body, 20000), "
    """'!"#$&''()*+,-./:;<=>?@[\\]^_`{|}~', repeat(' ', 31)))"""
)
_CONTACT_WORDS = "lower(substr(contact.name, 1, 255) || ' ' || contact.key)"

_NEEDS_EXTENSION = (
    "Searching needs PostgreSQL's extension pg_trgm, and this role may not create it. Let an "
    "administrator run `CREATE EXTENSION pg_trgm` in this database, then upgrade again."
)
_ON_SQLITE = (
    """
    CREATE VIRTUAL TABLE message_words USING fts5(
      body, content='message', content_rowid='id', tokenize='unicode61', prefix='2 3')
    """,
    """
    CREATE TRIGGER message_words_new AFTER INSERT ON message BEGIN
      INSERT INTO message_words(rowid, body) VALUES (new.id, new.body);
    END
    """,
    """
    CREATE TRIGGER message_words_gone AFTER DELETE ON message BEGIN
      INSERT INTO message_words(message_words, rowid, body) VALUES ('delete', old.id, old.body);
    END
    """,
    """
    CREATE TRIGGER message_words_changed AFTER UPDATE OF body ON message BEGIN
      INSERT INTO message_words(message_words, rowid, body) VALUES ('delete', old.id, old.body);
      INSERT INTO message_words(rowid, body) VALUES (new.id, new.body);
    END
    """,
    "INSERT INTO message_words(message_words) VALUES ('rebuild')",
)


def upgrade() -> None:
    op.create_index("ix_conversation_channel", "conversation", ["channel", "last_message_at", "id"])
    op.create_index(
        "ix_conversation_closed",
        "conversation",
        ["last_message_at", "id"],
        postgresql_where=_CLOSED,
        sqlite_where=_CLOSED,
    )
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        for statement in _ON_SQLITE:
            connection.exec_driver_sql(statement)
        return
    _install_trigrams(connection)
    message_words, contact_words = (
        words.replace("message.", "").replace("contact.", "")
        for words in (_MESSAGE_WORDS, _CONTACT_WORDS)
    )
    # A message is indexed once, when it is settled, not again with every step of its sending.
    connection.exec_driver_sql(
        f"CREATE INDEX ix_message_words ON message USING gin ({message_words}) "
        "WHERE settled_at IS NOT NULL"
    )
    connection.exec_driver_sql(
        f"CREATE INDEX ix_contact_words ON contact USING gin ({contact_words} gin_trgm_ops)"
    )


def _install_trigrams(connection: sa.Connection) -> None:
    try:
        with connection.begin_nested():
            connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except sa.exc.ProgrammingError as error:
        raise RuntimeError(_NEEDS_EXTENSION) from error


def downgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        for name in ("new", "gone", "changed"):
            connection.exec_driver_sql(f"DROP TRIGGER message_words_{name}")
        connection.exec_driver_sql("DROP TABLE message_words")
    else:
        op.drop_index("ix_contact_words", table_name="contact")
        op.drop_index("ix_message_words", table_name="message")
    op.drop_index(
        "ix_conversation_closed",
        table_name="conversation",
        postgresql_where=_CLOSED,
        sqlite_where=_CLOSED,
    )
    op.drop_index("ix_conversation_channel", table_name="conversation")
