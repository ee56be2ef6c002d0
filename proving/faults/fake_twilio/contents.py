"""The Content API of the fake: what is created there, listed, filled in and tapped.

It refuses what the pages of the content types rule out: https://www.twilio.com/docs/content
"""

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlencode

from proving.faults.fake_twilio.wire import Answer, Request

_PLACE = re.compile(r"\{\{(\w+)\}\}")
_URL = "https://content.twilio.com/v1/Content"


class Problem(NamedTuple):
    """Why a message cannot use a content."""

    code: int
    message: str


class Contents:
    """Every content, by its sid. `most` is how many a page holds at most."""

    def __init__(self) -> None:
        self.all: dict[str, dict[str, Any]] = {}
        self.lists = 0
        self.most = 1000

    def add(self, asked: Mapping[str, Any], *, sid: str = "") -> dict[str, Any]:
        """A new content, or a template that was approved under a sid."""
        sid = sid or f"HX{len(self.all) + 1:032x}"
        self.all[sid] = {"sid": sid, "url": f"{_URL}/{sid}", "variables": {}, **asked}
        return self.all[sid]

    def create(self, request: Request) -> Answer:
        """Answer a create call."""
        asked = request.json()
        if problem := _problem(asked["types"]):
            return Answer(400, {"code": 20001, "message": problem, "status": 400})
        return Answer(201, self.add(asked))

    def page(self, query: str) -> Answer:
        """One page of the list."""
        self.lists += 1
        asked = {name: values[0] for name, values in parse_qs(query).items()}
        size = min(int(asked.get("PageSize", 50)), self.most)
        number = int(asked.get("Page", 0))
        start = number * size
        found = list(self.all.values())[start : start + size + 1]
        more = urlencode({"PageSize": size, "Page": number + 1, "PageToken": "DNHX"})
        meta = {"page": number, "page_size": size, "key": "contents", "next_page_url": None}
        if len(found) > size:
            meta["next_page_url"] = f"{_URL}?{more}"
        return Answer(body={"contents": found[:size], "meta": meta})

    def body(self, form: Mapping[str, list[str]]) -> str | Problem:
        """The text of a message as Twilio fills it in."""
        known = self.all.get(form["ContentSid"][0])
        if known is None:
            return Problem(21655, "The ContentSid is Invalid")
        try:
            variables = json.loads(form.get("ContentVariables", ["{}"])[0])
        except ValueError:
            return Problem(21656, "The ContentVariables Parameter is invalid")
        if not all(isinstance(value, str) and value for value in variables.values()):
            return Problem(21656, "The ContentVariables Parameter is invalid")
        if any(len(value) > 1600 for value in variables.values()):
            return Problem(21658, "Parameter exceeded character limit")
        filled = known["variables"] | variables
        body = str(next(iter(known["types"].values()))["body"])
        return _PLACE.sub(lambda place: str(filled.get(place[1], "")), body)

    def tap(self, content_sid: str, choice_id: str) -> dict[str, str]:
        """What a webhook says after a tap on this choice of a content."""
        ((kind, shown),) = self.all[content_sid]["types"].items()
        if kind == "twilio/list-picker":
            (title,) = (item["item"] for item in shown["items"] if item["id"] == choice_id)
            return {"Body": title, "ListTitle": title, "ListId": choice_id}
        (title,) = (a["title"] for a in _actions(shown) if a.get("id") == choice_id)
        return {"Body": title, "ButtonText": title, "ButtonPayload": choice_id}


def _actions(shown: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    cards = shown.get("cards", [shown])
    return [action for card in cards for action in card["actions"]]


def _problem(types: Mapping[str, Any]) -> str:
    ((kind, shown),) = types.items()
    if kind == "twilio/list-picker":
        return _list_problem(shown)
    actions = _actions(shown)
    if not 1 <= len(actions) <= 10:
        return "1 to 10 actions"
    if any(len(action["title"]) > 20 for action in actions):
        return "Button title cannot exceed 20 characters"
    return ""


def _list_problem(shown: Mapping[str, Any]) -> str:
    items = shown["items"]
    if not 1 <= len(items) <= 10 or len({item["id"] for item in items}) < len(items):
        return "1 to 10 items, each with an id of its own"
    if any(len(item["item"]) > 24 for item in items):
        return "Item cannot exceed 24 characters"
    if any(not 1 <= len(item.get("description", "-")) <= 72 for item in items):
        return "Description cannot exceed 72 characters"
    return "" if 1 <= len(shown["button"]) <= 20 else "Button cannot exceed 20 characters"
