"""A turn that fails is on the dashboard and in the API at its first attempt, and tried at once."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from pipeline.botkit import Bot, Turn
from pipeline.wakeups import Pool
from tests.stage import ADA, Stage, a_stage
from tests.web.conftest import Caller
from web import reader

pytestmark = pytest.mark.both_databases


class Broken:
    """A bot that fails until it is cured."""

    def __init__(self) -> None:
        self.is_cured = False
        self.bot = Bot("broken", start="start", loop_guard=None)

        @self.bot.awaits("start")
        def start(turn: Turn) -> None:
            if not self.is_cured:
                raise RuntimeError("out of <sorts>")
            turn.say("Better now.")


@pytest.fixture
def broken() -> Broken:
    return Broken()


@pytest.fixture
def s(database_url: str, broken: Broken) -> Iterator[Stage]:
    """A new contact's message has failed once, just now."""
    stage = a_stage(database_url, broken.bot)
    stage.clock.now = datetime.now(UTC)
    stage.hears("good <morning>", profile_name="Ada")
    stage.converse()
    yield stage
    stage.database.close()


def fails_until_parked(s: Stage) -> None:
    for seconds in (1, 5, 25, 120):
        s.clock.pass_by(seconds)
        s.converse()


def test_api_names_it_at_its_first_attempt(s: Stage, api: Caller) -> None:
    (turn,) = api("GET", "/failures/turns").get_json()["items"]
    (talk,), (entry,) = s.conversations(), s.entries()
    assert (turn["id"], turn["status"], turn["attempts"]) == (entry.id, "failing", 1)
    assert turn["error"].startswith('bot "broken", state "start", ')
    assert "RuntimeError: out of <sorts>" in turn["error"]
    next_at = datetime.fromisoformat(turn["next_attempt_at"])
    assert next_at == s.clock() + timedelta(seconds=1)
    assert (turn["conversation_id"], turn["name"], turn["text"]) == (
        str(talk.id),
        "Ada",
        "good <morning>",
    )
    assert (turn["contact_id"], turn["parked_at"]) == (str(talk.contact_id), None)
    (listed,) = api("GET", "/conversations?failed=true").get_json()["items"]
    assert (listed["id"], listed["failed"]) == (str(talk.id), True)
    (message,) = api("GET", f"/conversations/{talk.id}/messages").get_json()["items"]
    assert message["body"] == "good <morning>"
    (contact,) = api("GET", "/contacts").get_json()["items"]
    assert (contact["phone"], contact["name"]) == (ADA, "Ada")


def test_api_names_it_when_it_is_parked(s: Stage, api: Caller) -> None:
    fails_until_parked(s)
    (turn,) = api("GET", "/failures/turns").get_json()["items"]
    assert (turn["status"], turn["attempts"], turn["next_attempt_at"]) == ("parked", 5, None)
    assert datetime.fromisoformat(turn["parked_at"]) == s.clock()
    assert api("POST", f"/failures/turns/{turn['id']}/try-now").status_code == 409


def test_api_tries_it_now(s: Stage, broken: Broken, api: Caller, wakeups: list[Pool]) -> None:
    (entry,) = s.entries()
    broken.is_cured = True
    s.converse()
    assert s.replies == []
    assert api("POST", f"/failures/turns/{entry.id}/try-now").status_code == 204
    assert wakeups == ["converse"]
    s.clock.now = datetime.now(UTC)
    s.converse()
    assert s.replies == ["Better now."]
    assert api("GET", "/failures/turns").get_json()["items"] == []
    assert api("POST", f"/failures/turns/{entry.id}/try-now").status_code == 409
    assert api("POST", "/failures/turns/999999/try-now").status_code == 404


def test_conversation_says_where_it_failed(s: Stage, operator: FlaskClient) -> None:
    (talk,), (entry,) = s.conversations(), s.entries()
    page = operator.get(f"/conversations/{talk.id}").text
    assert "The bot failed here:" in page
    assert "RuntimeError: out of &lt;sorts&gt;" in page
    assert "Next try " in page
    assert f'action="/conversations/{talk.id}/turns/{entry.id}/try-now' in page
    assert "good &lt;morning&gt;" in page
    fails_until_parked(s)
    page = operator.get(f"/conversations/{talk.id}").text
    assert "Parked after 5 attempts." in page
    assert f'action="/conversations/{talk.id}/turns/{entry.id}/rerun' in page


def test_conversation_has_the_button(
    s: Stage, broken: Broken, operator: FlaskClient, wakeups: list[Pool]
) -> None:
    (talk,), (entry,) = s.conversations(), s.entries()
    path = f"/conversations/{talk.id}/turns/{entry.id}/try-now"
    assert operator.post(path).status_code == 303
    assert wakeups == ["converse"]
    broken.is_cured = True
    s.clock.now = datetime.now(UTC)
    s.converse()
    page = operator.get(f"/conversations/{talk.id}").text
    assert "Better now." in page
    assert "The bot failed here" not in page


def test_failures_page_shows_it_as_failing(s: Stage, operator: FlaskClient) -> None:
    (talk,), (entry,) = s.conversations(), s.entries()
    page = operator.get("/failures").text
    assert "failing" in page
    assert f'href="/conversations/{talk.id}"' in page
    assert f'action="/failures/turns/{entry.id}/try-now"' in page
    assert "1 attempt ·" in page
    fails_until_parked(s)
    page = operator.get("/failures").text
    assert "parked" in page
    assert f'action="/failures/turns/{entry.id}/rerun"' in page
    assert "try-now" not in page


def test_viewers_see_it_and_may_not_try_it(s: Stage, viewer: FlaskClient) -> None:
    (talk,), (entry,) = s.conversations(), s.entries()
    page = viewer.get(f"/conversations/{talk.id}").text
    assert "The bot failed here:" in page
    assert "try-now" not in page
    assert viewer.post(f"/failures/turns/{entry.id}/try-now").status_code == 403


def test_live_pages_notice_it(
    s: Stage, operator: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "FRESH_SECONDS", -1.0)
    (talk,) = s.conversations()
    for path in (f"/conversations/{talk.id}", "/failures", "/conversations"):
        version = operator.get(path).text.partition('data-version="')[2].partition('"')[0]
        live = {"Parley-Live": version}
        assert operator.get(path, headers=live).status_code == 204
        s.clock.now += timedelta(seconds=6)
        s.hears("again")
        fails_until_parked(s)
        assert operator.get(path, headers=live).status_code == 200
