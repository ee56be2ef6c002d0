"""Query parameters that an operation does not take are refused, as unknown members are."""

import pytest

from tests.web.conftest import Caller


@pytest.mark.parametrize(
    ("path", "name", "words"),
    [
        ("/contacts?qq=ada", "qq", "the parameters are cursor, limit"),
        ("/contacts?lmit=2", "lmit", 'did you mean "limit"?'),
        ("/conversations?stat=open", "stat", 'did you mean "state"?'),
        ("/states?state=open", "state", "there are none here"),
        ("/conversations?q=a&Q=b", "Q", 'did you mean "q"?'),
        ("/canned-replies?page=2", "page", "there are none here"),
    ],
)
def test_unknown_parameters_are_refused(api: Caller, path: str, name: str, words: str) -> None:
    answer = api("GET", path)
    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    (said,) = answer.get_json()["errors"]["query"][name]
    assert words in said


def test_known_parameters_are_accepted(api: Caller) -> None:
    assert api("GET", "/conversations?state=a&state=b&limit=1&q=x").status_code == 200


def test_a_post_has_no_parameters(api: Caller) -> None:
    answer = api("POST", "/contacts?dry_run=true", json={"phone": "+14155550132"})
    assert answer.status_code == 422
    assert "dry_run" in answer.get_json()["errors"]["query"]
    assert api("GET", "/contacts").get_json()["items"] == []


def test_roles_are_checked_first(api: Caller) -> None:
    assert api("GET", "/users?x=1").status_code == 403
