"""/audit: changes made in the dashboard and through the API; for admins."""

from datetime import datetime

from pipeline.messages import storable
from pipeline.queries import audit as queries
from web.api.listing import one_page
from web.api.noun import Noun
from web.api.shapes import accounts as shapes
from web.services import here

audit = Noun("audit", "Audit")


@audit.get("/audit")
@audit.needs("admin")
@audit.takes(shapes.AuditQuery, "query")
@audit.output(shapes.AuditPage)
def list_audit(
    actor: str,
    action: str,
    limit: int,
    since: datetime | None = None,
    until: datetime | None = None,
    cursor: int | None = None,
) -> object:
    """List the audit log

    The newest first.
    """
    asked = queries.AuditFilter(storable(actor), storable(action), since, until)
    with here().runtime.database.read() as connection:
        rows = queries.listing(connection, asked, cursor, limit + 1)
    return one_page(rows, limit, lambda row: (row.id,))
