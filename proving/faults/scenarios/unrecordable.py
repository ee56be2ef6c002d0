"""Turns that cannot be recorded, as where a handler says what the database does not take."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text, update

from pipeline.records.core.lanes import Lane
from proving.faults.contacts import FakeContact
from proving.faults.run import Run


@contextmanager
def refused_by_the_database(run: Run, word: str) -> Iterator[None]:
    """Replies with this word cannot be recorded (PostgreSQL only)."""
    # As a value that the database cannot take: https://www.postgresql.org/docs/current/errcodes-appendix.html
    refuse = f"""CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.direction = 'outbound' AND NEW.body LIKE '%{word}%' THEN
            RAISE EXCEPTION 'refused by a trigger' USING ERRCODE = '22000';
        END IF;
        RETURN NEW;
    END $$"""
    watch = "CREATE TRIGGER refuse BEFORE INSERT ON message FOR EACH ROW EXECUTE FUNCTION refuse()"
    _execute(run, refuse, watch)
    try:
        yield
    finally:
        _execute(run, "DROP TRIGGER refuse ON message", "DROP FUNCTION refuse")


def _execute(run: Run, *statements: str) -> None:
    with run.stack.database.write() as connection:
        for statement in statements:
            connection.execute(text(statement))


def tried(run: Run, person: FakeContact) -> bool:
    """Whether a turn of this contact has failed; the next failure is then its last."""
    its = (Lane.direction == "inbound", Lane.key == person.number)
    with run.stack.database.write() as connection:
        found = update(Lane).where(*its, Lane.token.is_(None), Lane.attempts > 0)
        return bool(connection.execute(found.values(attempts=4)).rowcount)
