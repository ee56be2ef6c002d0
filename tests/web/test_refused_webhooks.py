"""Refused webhooks are seen: in the API, on the Failures page, and by the id of their log line."""

from datetime import UTC, datetime, timedelta

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from structlog.testing import capture_logs

from pipeline.database import Database
from pipeline.records.stats import tallies
from tests.builders import a_token
from tests.web.conftest import Caller
from tests.web.dashboard.conftest import signed_in
from tests.web.test_webhooks import Post, a_form, app, post

__all__ = ["app", "post"]
pytestmark = pytest.mark.both_databases
TODAY = datetime.now(UTC).date()


@pytest.fixture
def api(app: APIFlask, database: Database) -> Caller:
    return Caller(app, a_token(database, "viewer"))


def listed(api: Caller) -> list[tuple[str, str, int]]:
    items = api("GET", "/failures/webhooks").get_json()["items"]
    return [(item["day"], item["reason"], item["number"]) for item in items]


def test_they_are_listed_with_the_id_of_the_log(post: Post, api: Caller) -> None:
    assert api("GET", "/failures/webhooks").get_json() == {"items": [], "next": None}
    with capture_logs() as logged:
        for _ in range(2):
            assert post(a_form(), token="another").status_code == 403
        assert post(a_form(From=" ")).status_code == 400
    assert listed(api) == [(str(TODAY), "signature", 2), (str(TODAY), "sender", 1)]
    first, _ = api("GET", "/failures/webhooks").get_json()["items"]
    assert first["id"] == logged[0]["id"] == f"twilio-signature-{TODAY}"
    assert "PUBLIC_URL" in first["advice"]


def test_id_of_a_log_line_leads_to_them(
    post: Post,
    app: APIFlask,
    database: Database,
) -> None:
    post(a_form(), token="another")
    viewer = signed_in(app, database, "viewer")
    answer = viewer.get(f"/find/twilio-signature-{TODAY}")
    assert (answer.status_code, answer.location) == (303, f"/failures#twilio-signature-{TODAY}")
    page = viewer.get("/failures").text
    assert f'id="twilio-signature-{TODAY}"' in page
    assert "1 from twilio" in page


def test_old_days_are_left_out_and_counted_on(
    api: Caller, database: Database, client: FlaskClient
) -> None:
    with database.write() as connection:
        words = {
            tallies.refusal("twilio", "too_large", TODAY - timedelta(days=days)): days + 1
            for days in (0, 1, 6, 7, 40)
        }
        tallies.add(connection, tallies.REFUSED, words)
    assert [number for _, _, number in listed(api)] == [1, 2, 7]
    counted = 'parley_webhooks_refused_total{provider="twilio",reason="too_large"} 59.0'
    assert counted in client.get("/metrics").text
