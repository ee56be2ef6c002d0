"""A small rich world for pictures and checks: every state, kind, language and trouble at once.

Everybody in it is made up: their numbers are set aside for fiction.
"""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import delete, func, insert, select, update

from pipeline.records.accounts.audit import AuditEntry
from pipeline.records.core.inbox import Entry
from proving.faults.processes import ROOT
from tests.browser.sample import troubles
from tests.browser.sample.office import play_office
from tests.browser.sample.play import Operator, Phone, Play
from tests.browser.sample.talks import change_of_address, play_talks
from tests.browser.sample.troubles import play_troubles, play_waiting


@dataclass(frozen=True, slots=True)
class Sample:
    """Where the pages that show one thing are: paths below the address of the site."""

    conversation: str
    contact: str
    media: str
    invitation: str


def fill(url: str) -> Sample:
    """Play everything on the database at `url`, which has every table and nobody in it."""
    play = Play.on(url)
    first, second = (
        Operator(play, "operator-1@example.com"),
        Operator(play, "operator-2@example.com"),
    )
    play_talks(play, first, second)
    play_troubles(play, first, second)
    ada = change_of_address(play, first)
    invitation = play_office(play, first)
    play_waiting(play)
    _forget_this_machine(play)
    _audit_in_order_of_time(play)
    photo = Phone(play, "+14155550163", channel="whatsapp")
    sample = Sample(
        conversation=f"/conversations/{ada.conversation.id}",
        contact=f"/contacts/{ada.contact.id}",
        media=f"/media/{photo.first('media')}/1",
        invitation=f"/welcome/{invitation}",
    )
    play.stage.database.close()
    return sample


def _forget_this_machine(play: Play) -> None:
    """Let the tracebacks of failed turns name a usual place, and a bot of one's own."""
    bot = str(Path(troubles.__file__).relative_to(ROOT))
    told = func.replace(Entry.error, str(ROOT), "/srv/parley")
    told = func.replace(told, bot, "bots/front_desk.py")
    with play.stage.database.write() as connection:
        connection.execute(update(Entry).where(Entry.error != "").values(error=told))


def _audit_in_order_of_time(play: Play) -> None:
    """The play goes to and fro in time; what was done by hand is numbered as it happened."""
    table = AuditEntry.__table__
    with play.stage.database.write() as connection:
        done = connection.execute(select(table).order_by(AuditEntry.created_at)).mappings().all()
        connection.execute(delete(AuditEntry))
        connection.execute(
            insert(AuditEntry),
            [{**entry, "id": number} for number, entry in enumerate(done, start=1)],
        )
