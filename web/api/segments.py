"""/segments: what a text costs as an SMS, before it is sent."""

from pipeline.segments import segments as count
from web.api import shapes
from web.api.noun import Noun

segments = Noun("segments", "Messages")


@segments.get("/segments")
@segments.needs("viewer")
@segments.takes(shapes.SegmentsQuery, "query")
@segments.output(shapes.Segments)
def count_segments(text: str) -> object:
    """Count segments

    GSM-7 or UCS-2, as carriers count.
    """
    return count(text)
