"""Alembic's entry: runs the migrations on the connection that records/upgrading.py gives."""

from alembic import context

from pipeline.records import Record

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Record.metadata,
    render_as_batch=True,  # SQLite cannot alter a table in place
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
