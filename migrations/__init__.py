"""Alembic migrations, run by `parley db upgrade`; tests hold them equal to pipeline/records."""
