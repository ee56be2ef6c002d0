"""The schema's revision: whether the database has the tables of this code, and the upgrade."""

from functools import cache
from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from pipeline.errors import SchemaError


def configuration(connection: Connection | None = None) -> Config:
    """Alembic's configuration for the migrations that came with this code."""
    config = Config()
    config.set_main_option("script_location", str(files("migrations")).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


@cache
def head() -> str | None:
    """The revision that this code needs."""
    return ScriptDirectory.from_config(configuration()).get_current_head()


def check(connection: Connection) -> None:
    """Raise SchemaError unless the database has the revision that this code needs, or a newer one.

    A migration only adds to what the release before it reads and writes, so that processes may be
    replaced one by one after `parley db upgrade`.
    """
    found = MigrationContext.configure(connection).get_current_revision()
    if found is None:
        raise SchemaError("Parley is not installed in this database; run `parley db upgrade`.")
    # Revisions are numbers: 0001, 0002…
    if found < (head() or ""):
        raise SchemaError(
            f"The database is at revision {found}, this code needs {head()}; "
            "run `parley db upgrade`."
        )


def upgrade(connection: Connection) -> None:
    """Bring the database to the revision that this code needs."""
    command.upgrade(configuration(connection), "head")
