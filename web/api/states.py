"""/states: the states of open conversations with counts, and the bot's own states at 0."""

from pipeline.queries import states as queries
from web.api import shapes
from web.api.listing import Listing
from web.api.noun import Noun
from web.services import here

states = Noun("states", "States")


@states.get("/states")
@states.needs("viewer")
@states.output(shapes.StatePage)
def list_states() -> object:
    """List states

    Those of open conversations with counts, and the bot's own states at 0.
    """
    runtime = here().runtime
    with runtime.database.read() as connection:
        return Listing(queries.listing(connection, runtime.bot.states))
