"""/audit: who did what by hand; for admins."""

from typing import Any

from apiflask import APIBlueprint

from pipeline.messages import storable
from pipeline.queries import audit as queries
from pipeline.queries.audit import Asked
from web.api.cursors import page
from web.api.shapes import accounts as shapes
from web.auth import at_least, bearer
from web.services import here

audit = APIBlueprint("audit_api", __name__, tag="Audit")


@audit.get("/audit")
@audit.auth_required(bearer, roles=at_least("admin"))
@audit.input(shapes.AuditQuery, location="query", arg_name="query")
@audit.output(shapes.AuditPage)
def list_audit(query: dict[str, Any]) -> dict[str, Any]:
    """List the audit log

    The newest first.
    """
    limit = query["limit"]
    asked = Asked(
        storable(query["actor"]),
        storable(query["action"]),
        query.get("since"),
        query.get("until"),
    )
    with here().runtime.database.read() as connection:
        rows = queries.listing(connection, asked, query.get("cursor"), limit + 1)
    return page(rows, limit, shown=lambda row: row._asdict(), place=lambda row: (row.id,))
