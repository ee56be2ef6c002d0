"""States: the machine as the bot's code shows it, with the open conversations in each state.

What is drawn is in web/dashboard/drawing.py; web/static/graph.js draws it.
"""

from flask import Response
from sqlalchemy import Connection

from pipeline.botkit.analysis import graph
from pipeline.queries import states
from pipeline.queries.machine import StateUsage, places
from web.dashboard.page import Page, needs
from web.dashboard.reader import ask
from web.dashboard.shell import show
from web.dashboard.states.drawing import drawing
from web.services import here

page = Page("states", "States")


@page.get("/states")
@needs("viewer")
def index() -> Response:
    """The machine as a picture, and as a table for who cannot see it."""
    bot = here().runtime.bot
    found = ask(_places)
    return show(
        "states/page.html",
        bot=bot.name,
        bot_version=bot.version,
        machine=graph.machine(bot),
        places=found,
        drawing=drawing(bot, found),
    )


def _places(connection: Connection) -> tuple[StateUsage, ...]:
    bot = here().runtime.bot
    return places(bot, states.listing(connection, bot.states))
