"""Contacts as a list, newest first."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, literal, select, tuple_

from pipeline.insight import search
from pipeline.records.contacts import Contact


def listing(
    connection: Connection, words: str, after: tuple[datetime, uuid.UUID] | None, limit: int
) -> Sequence[Row[Any]]:
    """Contacts that match `words`, created before the one that `after` names."""
    query = (
        select(Contact.__table__)
        .where(*search.who(words))
        .order_by(Contact.created_at.desc(), Contact.id.desc())
        .limit(limit)
    )
    if after:
        moment, contact_id = after
        place = tuple_(
            literal(moment, Contact.created_at.type), literal(contact_id, Contact.id.type)
        )
        query = query.where(tuple_(Contact.created_at, Contact.id) < place)
    return connection.execute(query).all()
