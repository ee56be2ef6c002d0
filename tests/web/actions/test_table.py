"""Each action in the table has its form, its route and its role, without further code."""

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from pipeline.database import Database
from tests.builders import a_conversation
from tests.web.conftest import Caller
from web.actions.action import Action
from web.actions.table import TABLE

CONVERSATION = "/conversations/<uuid:conversation_id>"
WHERE = {
    "conversation": ("conversation", CONVERSATION, CONVERSATION),
    "contact": ("contact", "/contacts/<uuid:contact_id>", "/contacts/<uuid:contact_id>"),
    "turn": ("failures", "/failures/turns/<int:entry_id>", "/failures/turns/<int:turn_id>"),
    "timer": (
        "conversation",
        f"{CONVERSATION}/timers/<int:timer_id>",
        f"{CONVERSATION}/timers/<int:timer_id>",
    ),
    "message": ("failures", "/failures/messages/<uuid:message_id>", "/messages/<uuid:message_id>"),
}
ON_A_SUBJECT = [action for action in TABLE if action.on]


@pytest.mark.parametrize("action", ON_A_SUBJECT, ids=lambda action: action.name)
def test_actions_have_a_form_and_a_route(app: APIFlask, action: Action[..., object]) -> None:
    rules = app.url_map.iter_rules()
    posts = {rule.rule: rule.endpoint for rule in rules if "POST" in (rule.methods or ())}
    page, path, api_path = WHERE[str(action.on)]
    endpoint = posts[f"{path}/{action.name.replace('_', '-')}"]
    assert endpoint == f"{page}.{action.name}"
    assert app.view_functions[endpoint].__dict__["needs"] == action.role
    if action.route:
        assert f"/api/v1{api_path}/{action.route.path}" in posts


def test_names_are_unique() -> None:
    names = [action.name for action in TABLE]
    assert sorted(set(names)) == sorted(names)


def test_labels_are_buttons_of_the_conversation(operator: FlaskClient, database: Database) -> None:
    page = operator.get(f"/conversations/{a_conversation(database).id}").text
    labels = [action.label for action in TABLE if action.on == "conversation" and action.label]
    assert labels
    assert [label for label in labels if f">{label}</button>" not in page] == []


def test_fields_of_a_form_are_checked(operator: FlaskClient, database: Database) -> None:
    talk = a_conversation(database)
    path = f"/conversations/{talk.id}/take-over"
    for minutes in ("0", "20000", "soon", "-1"):
        answer = operator.post(path, data={"minutes": minutes})
        assert answer.status_code == 409, minutes
        assert "minutes:" in answer.text


def test_refusals_of_both_sides_have_one_reason(
    operator: FlaskClient, api: Caller, database: Database
) -> None:
    talk = a_conversation(database)
    assert api("POST", f"/conversations/{talk.id}/close").status_code == 200
    refused = api("POST", f"/conversations/{talk.id}/reset")
    page = operator.post(f"/conversations/{talk.id}/restart")
    assert (refused.status_code, page.status_code) == (409, 409)
    assert refused.get_json()["detail"] in page.text
