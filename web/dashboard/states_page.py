"""States: the machine as the bot's code shows it, with the open conversations in each state.

What is drawn is in web/dashboard/drawing.py; web/static/graph.js draws it.
"""

from flask import Blueprint, Response
from sqlalchemy import Connection

from pipeline.botkit.analysis import graph
from pipeline.queries import states
from pipeline.queries.machine import Place, places
from web.dashboard.access import needs
from web.dashboard.drawing import drawing
from web.dashboard.reader import ask
from web.dashboard.shell import show
from web.site import here

states_page = Blueprint("states_page", __name__)


@states_page.get("/states")
@needs("viewer")
def machine() -> Response:
    """The machine as a picture, and as a table for who cannot see it."""
    bot = here().runtime.bot
    found = ask(_places)
    return show(
        "dashboard/states_page.html",
        bot=bot.name,
        bot_version=bot.version,
        machine=graph.machine(bot),
        places=found,
        drawing=drawing(bot, found),
    )


def _places(connection: Connection) -> tuple[Place, ...]:
    bot = here().runtime.bot
    return places(bot, states.listing(connection, bot.states))
