"""Why a database cannot be used, in words, for `parley doctor` and the pages."""

import re

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

# Drivers say what is wrong in a text only: a connection that fails has no error code.
_CAUSES = (
    (
        r'database "(?P<name>[^"]+)" does not exist',
        'there is no database "{name}"; create it with `createdb {name}`',
    ),
    (
        r'role "(?P<name>[^"]+)" does not exist',
        'there is no database user "{name}"; check DATABASE_URL',
    ),
    (
        r"password authentication failed|no password supplied",
        "the user or password is wrong; check DATABASE_URL",
    ),
    (
        r"no pg_hba.conf entry",
        "the server does not let this user connect from here; check pg_hba.conf",
    ),
    (
        r"Connection refused",
        "nothing listens at this address; start the server or check DATABASE_URL",
    ),
    (
        r"resolve|Name or service not known|nodename nor servname",
        "the host name is unknown; check DATABASE_URL",
    ),
    (r"timeout|timed out", "no answer in time; check the address in DATABASE_URL and the firewall"),
    (
        r"too many (clients|connections)|remaining connection slots",
        "all its connections are in use; raise max_connections or run fewer processes",
    ),
    (
        r"starting up|shutting down|recovery mode",
        "it is starting or stopping; try again in a moment",
    ),
    (r"file is not a database", "the file is not an SQLite database; check DATABASE_URL"),
    (
        r"unable to open database file|readonly|read-only",
        "the file cannot be opened for writing; check its permissions",
    ),
    (r"database is locked", "another process holds its lock; stop that process"),
)


def why_unreachable(error: SQLAlchemyError) -> str:
    """What is wrong with the database and what to do. No value of the settings but names."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    for pattern, words in _CAUSES:
        if found := re.search(pattern, str(cause)):
            return words.format(**found.groupdict())
    return f"it is not reachable ({type(cause).__name__}); check DATABASE_URL"
