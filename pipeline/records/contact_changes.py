"""Saves what turns changed of their contacts: opt-outs, attributes, when and as whom they wrote."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from pipeline.conversation.consent import scope
from pipeline.conversation.pending import Pending
from pipeline.records.accounts import audit
from pipeline.records.core import contacts


def save(connection: Connection, batch: Sequence[Pending], now: datetime) -> bool:
    """Save the changes; False if somebody changed one of the same attributes meanwhile."""
    _opt_outs(connection, batch, now)
    if not _attributes(connection, batch):
        return False
    _seen(connection, batch)
    return True


def _opt_outs(connection: Connection, batch: Sequence[Pending], now: datetime) -> None:
    """Opt contacts out as the bot asked, in the order of their ids: each is locked."""
    asked = [(lane.contact.id, lane.opt_outs) for lane in batch if lane.contact and lane.opt_outs]
    for contact_id, opt_outs in sorted(asked):
        for one in opt_outs:
            contacts.set_opt_out(connection, contact_id, scope(one.channel, one.our_number), now)
            where = {"channel": one.channel, "number": one.our_number}
            actor = f"bot {one.bot}"
            audit.append(connection, now, actor, "opt_out", str(contact_id), **where)


def _attributes(connection: Connection, batch: Sequence[Pending]) -> bool:
    """Save attributes next to those that others changed, in the order of the contacts' ids."""
    changed = [who for lane in batch if (who := lane.contact) and who.changed and not who.is_new]
    return all(
        contacts.change_attributes(connection, who.id, who.changed)
        for who in sorted(changed, key=lambda who: who.id)
    )


def _seen(connection: Connection, batch: Sequence[Pending]) -> None:
    if seen := [
        {"id": who.id, "last_seen_at": who.seen_at}
        for who in (lane.contact for lane in batch)
        if who and who.seen_at
    ]:
        contacts.seen(connection, seen)
    for who in (lane.contact for lane in batch):
        if who and who.profile_name and not who.is_new:
            contacts.rename(connection, who.id, who.profile_name)
