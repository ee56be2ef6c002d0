"""The schema's revision: whether the database has the tables of this code.

upgrading.py makes them. It is apart, because Alembic would cost every process a sixth of its start
and of what it keeps in memory.
"""

from functools import cache
from importlib.resources import files

from sqlalchemy import Connection, column, inspect, select, table

from pipeline.errors import SchemaError

# Where Alembic notes what it did: https://alembic.sqlalchemy.org/en/latest/tutorial.html
_VERSION = table("alembic_version", column("version_num"))


@cache
def head() -> str:
    """The revision that this code needs; revisions are the numbers of the migrations' files."""
    names = (item.name for item in (files("migrations") / "versions").iterdir())
    return max(name.partition("_")[0] for name in names if name[:1].isdigit())


def check(connection: Connection) -> None:
    """Raise SchemaError unless the database has the revision that this code needs, or a newer one.

    A migration only adds to what the release before it reads and writes, so that processes may be
    replaced one by one after `parley db upgrade`.
    """
    found = _revision(connection)
    if found is None:
        raise SchemaError("Parley is not installed in this database; run `parley db upgrade`.")
    if found < head():
        raise SchemaError(
            f"The database is at revision {found}, this code needs {head()}; "
            "run `parley db upgrade`."
        )


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(_VERSION.name):
        return None
    return connection.execute(select(_VERSION.c.version_num)).scalar()
