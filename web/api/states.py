"""/states: the states of open conversations with their counts, and the bot's own at 0."""

from typing import Any

from apiflask import APIBlueprint

from pipeline.queries import states as queries
from web.api import shapes
from web.auth import at_least, bearer
from web.services import here

states = APIBlueprint("states_api", __name__, tag="States")


@states.get("/states")
@states.auth_required(bearer, roles=at_least("viewer"))
@states.output(shapes.StatePage)
def list_states() -> dict[str, Any]:
    """List states

    Those of open conversations with counts, and the bot's own states at 0.
    """
    runtime = here().runtime
    with runtime.database.read() as connection:
        return {"items": queries.listing(connection, runtime.bot.states), "next": None}
