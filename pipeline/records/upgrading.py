"""Upgrading: bring the database to the revision that this code needs, with Alembic."""

from importlib.resources import files

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection


def configuration(connection: Connection | None = None) -> Config:
    """Alembic's configuration for the migrations that came with this code."""
    config = Config()
    config.set_main_option("script_location", str(files("migrations")).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection) -> None:
    """Run every migration that the database lacks."""
    command.upgrade(configuration(connection), "head")
