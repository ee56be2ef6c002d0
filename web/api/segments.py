"""/segments: what a text costs as an SMS, before it is sent."""

from typing import Any

from apiflask import APIBlueprint

from pipeline.segments import segments as count
from web.api import shapes
from web.auth import at_least, bearer

segments = APIBlueprint("segments_api", __name__, tag="Messages")


@segments.get("/segments")
@segments.auth_required(bearer, roles=at_least("viewer"))
@segments.input(shapes.SegmentsQuery, location="query", arg_name="query")
@segments.output(shapes.Segments)
def count_segments(query: dict[str, Any]) -> dict[str, Any]:
    """Count segments

    GSM-7 or UCS-2, as carriers count.
    """
    found = count(query["text"])
    return {
        "encoding": found.encoding,
        "units": found.units,
        "segments": found.count,
        "left": found.left,
        "special": found.special,
    }
