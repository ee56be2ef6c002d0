"""Whether a database error passes by itself: then the same statement is tried again."""

import sqlite3

from sqlalchemy import exc

# https://www.postgresql.org/docs/current/errcodes-appendix.html: connection, transaction rolled
# back (serialization, deadlock), resources, object in use, intervention (shutdown, time-out), I/O.
_CLASSES = frozenset({"08", "40", "53", "57", "58"})
# A lock that was not free in time; a replica that has not been promoted yet.
_STATES = frozenset({"55P03", "25006"})
# https://www.sqlite.org/rescode.html
_SQLITE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_PROTOCOL,
    }
)


def is_transient(error: Exception) -> bool:
    """Whether waiting helps: for the database, a lock or the disk, not for a wrong statement."""
    if isinstance(error, exc.TimeoutError):
        return True  # no connection was free
    if not isinstance(error, exc.DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    if isinstance(error.orig, sqlite3.Error):
        return getattr(error.orig, "sqlite_errorcode", 0) & 0xFF in _SQLITE
    state = getattr(error.orig, "sqlstate", None)
    if state is None:
        # The driver has no answer of the server: it could not connect, or lost the connection.
        return type(error).__name__ in {"OperationalError", "InterfaceError"}
    return state[:2] in _CLASSES or state in _STATES
