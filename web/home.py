"""The front page: what runs, how to text the bot, where the API is. It names nobody."""

from dataclasses import asdict

from flask import Blueprint, render_template, request
from sqlalchemy.exc import SQLAlchemyError

from pipeline.insight.totals import MOST, totals
from web.health import dependencies
from web.problems import database_problem
from web.site import Site, here

home = Blueprint("home", __name__)

# Retry any failure up to five times: https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
RETRIES = "#rc=5&rp=all"
_LABELS = {
    "contacts": "Contacts",
    "open_conversations": "Open conversations",
    "waiting_inbound": "Inbound waiting",
    "waiting_outbound": "Outbound waiting",
    "parked": "Parked turns",
}


@home.get("/")
def front_page() -> str:
    """The page."""
    site = here()
    base = site.runtime.settings.public_url or request.host_url.rstrip("/")
    return render_template(
        "home.html",
        checks=dependencies(site),
        database_problem=database_problem(),
        counts=_counts(site),
        provider=site.runtime.provider.name,
        our_number=site.runtime.settings.twilio_phone_number,
        base=base,
        retries=RETRIES,
    )


def _counts(site: Site) -> list[tuple[str, str]]:
    try:
        with site.runtime.database.read() as connection:
            found = asdict(totals(connection))
    except SQLAlchemyError:
        return []
    return [
        (_LABELS[name], f"{MOST:,}+" if count > MOST else f"{count:,}")
        for name, count in found.items()
    ]
