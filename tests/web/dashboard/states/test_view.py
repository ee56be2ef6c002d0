"""The States page: the machine with live counts, as a picture's data and as a table."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from pipeline.botkit import Bot, Flow, Text, Turn
from pipeline.database import Database
from tests.builders import a_conversation, a_runtime
from tests.web.dashboard.conftest import signed_in
from web.app import create_app


def machine_of(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="machine">(.+?)</script>', page)
    assert found
    machine: dict[str, Any] = json.loads(found[1])
    return machine


def test_states_are_shown_with_their_counts(viewer: FlaskClient, database: Database) -> None:
    for state in ("support", "support", "start"):
        a_conversation(database, state=state)
    page = viewer.get("/states").text
    machine = machine_of(page)
    counts = dict(zip([node["name"] for node in machine["nodes"]], machine["counts"], strict=True))
    assert counts == {"start": 1, "support": 2, "greet": 0}
    assert 'href="/conversations?state=support" aria-label="2 open in support"' in page
    assert "after 30 min" in page


def test_unknown_state_is_marked(viewer: FlaskClient, database: Database) -> None:
    a_conversation(database, state="abandoned")
    page = viewer.get("/states").text
    assert "Not in the bot's code. The start state handles these contacts' messages." in page
    assert machine_of(page)["nodes"][-1]["sort"] == "unknown"


def test_drawing_stays_while_only_numbers_change(viewer: FlaskClient, database: Database) -> None:
    def drawn() -> str:
        found = re.search(r'data-drawn="(\w+)"', viewer.get("/states").text)
        assert found
        return found[1]

    before = drawn()
    a_conversation(database, state="support")
    assert drawn() == before
    a_conversation(database, state="abandoned")
    assert drawn() != before


def test_live_page_is_sent_when_a_count_changes(viewer: FlaskClient, database: Database) -> None:
    page = viewer.get("/states").text
    version = re.search(r'data-version="(\w+)"', page)
    assert version
    live = {"Parley-Live": version[1]}
    assert viewer.get("/states", headers=live).status_code == 204
    a_conversation(database, state="support")
    assert viewer.get("/states").text != page


@pytest.mark.parametrize("state", ["</script><script>alert(1)</script>", "\u202eevil", "&quot;'"])
def test_hostile_state_is_shown_as_text(
    viewer: FlaskClient, database: Database, state: str
) -> None:
    a_conversation(database, state=state)
    page = viewer.get("/states").text
    assert machine_of(page)["nodes"][-1]["name"] == state
    assert "<script>alert" not in page


def test_flows_stand_together_and_questions_ask(database: Database) -> None:
    bot, flow = Bot("b", start="start"), Flow("address", start="street")
    flow.asks("street", "Street?", Text(), into="street", then="city")
    flow.awaits("city", nudge_after=timedelta(minutes=5), nudge="Hm?")(_leaves)
    bot.include(flow)
    bot.awaits("start")(lambda turn: turn.call(flow, then="start"))
    app = create_app(a_runtime(database, bot), lambda _pool: None)
    page = " ".join(signed_in(app, database, "viewer").get("/states").text.split())
    assert page.count('<span class="soft">Flow</span> address</th>') == 1
    assert "<td>asks</td> <td>address.city</td>" in page
    assert 'nudges <span class="soft">after 5 min</span>' in page
    assert '<span class="soft">the previous state</span>' in page


def _leaves(turn: Turn) -> str:
    return turn.back()
