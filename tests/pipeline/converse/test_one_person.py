"""One person, one contact (promise P11): several addresses, one history, state and consent."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from pipeline import sweep
from pipeline.botkit import Turn
from pipeline.enums import Consent
from pipeline.messages import Inbound
from pipeline.providers.addresses import contact, names_of
from pipeline.records.core import addresses, aliases
from pipeline.records.core.aliases import LaneAlias
from pipeline.records.core.contacts import Contact
from tests.builders import rows
from tests.pipeline.conftest import MakeStage
from tests.provider_for_tests import Post
from tests.stage import Stage, one_state

NUMBER = "whatsapp:+14155559301"
USER_ID = "whatsapp:US.5550001112223"
TODAY, OTHER = "+5531988887701", "+553188887701"


def writes(s: Stage, sender: str, text: str = "hi", user_id: str = "", **values: Any) -> Inbound:
    """A message as its webhook would name its sender."""
    address = contact(sender)
    return s.hears(
        text,
        address.key,
        phone=address.phone,
        channel=address.channel,
        names=names_of(address, user_id),
        **values,
    )


def counting(turn: Turn) -> None:
    turn.data["heard"] = [*turn.data.get("heard", []), turn.message.text]
    turn.say(f"{len(turn.data['heard'])}: {turn.message.text}")


def sent(s: Stage) -> list[tuple[str, str, str]]:
    assert isinstance(s.runtime.provider, Post)
    return [(one.channel, one.recipient, one.body) for one in s.runtime.provider.sent]


def the_contact(s: Stage) -> Any:
    (row,) = rows(s.database, Contact)
    return row


def known_as(s: Stage) -> list[tuple[str, str]]:
    with s.database.read() as connection:
        found = addresses.of_contact(connection, the_contact(s).id)
    return sorted((row.channel, row.address) for row in found)


@pytest.mark.parametrize("pair", [(TODAY, OTHER), (OTHER, TODAY)])
@pytest.mark.parametrize("is_at_once", [False, True])
def test_two_forms_of_a_number_are_one_contact(
    stage: MakeStage, pair: tuple[str, str], is_at_once: bool
) -> None:
    s = stage(counting)
    first, second = pair
    writes(s, first, "a")
    if not is_at_once:
        s.plays()
    writes(s, f"whatsapp:{second}", "b")
    s.plays()
    assert the_contact(s).key == TODAY
    assert the_contact(s).phone == first
    assert sent(s) == [("sms", first, "1: a"), ("whatsapp", second, "1: b")]
    assert known_as(s) == [("sms", first), ("whatsapp", second)]
    assert the_contact(s).also == OTHER


def test_a_number_that_changes_its_form_goes_on(stage: MakeStage) -> None:
    s = stage(counting)
    for text, number in enumerate((OTHER, TODAY, OTHER, OTHER, TODAY)):
        writes(s, f"whatsapp:{number}", str(text))
        s.plays()
    assert [(to, body) for _, to, body in sent(s)] == [
        (OTHER, "1: 0"),
        (TODAY, "2: 1"),
        (OTHER, "3: 2"),
        (OTHER, "4: 3"),
        (TODAY, "5: 4"),
    ]
    assert len(s.conversations()) == 1
    assert known_as(s) == [("whatsapp", OTHER), ("whatsapp", TODAY)]


@pytest.mark.parametrize("is_at_once", [False, True])
def test_a_user_id_alone_is_the_contact_of_its_number(stage: MakeStage, is_at_once: bool) -> None:
    s = stage(counting)
    writes(s, NUMBER, "name", USER_ID)
    if not is_at_once:
        s.plays()
    writes(s, USER_ID, "Ada")
    writes(s, NUMBER, "again", USER_ID)
    s.plays()
    assert [body for _, _, body in sent(s)] == ["1: name", "2: Ada", "3: again"]
    assert [to for _, to, _ in sent(s)] == ["+14155559301", "US.5550001112223", "+14155559301"]
    assert len(s.conversations()) == 1
    assert known_as(s) == [("whatsapp", "+14155559301"), ("whatsapp", "US.5550001112223")]


def test_a_user_id_gets_its_number_later(stage: MakeStage) -> None:
    s = stage(counting)
    writes(s, USER_ID, "a")
    s.plays()
    assert the_contact(s).phone is None
    writes(s, NUMBER, "b", USER_ID)
    s.plays()
    assert the_contact(s).phone == "+14155559301"
    assert [body for _, _, body in sent(s)] == ["1: a", "2: b"]
    writes(s, "+14155559301", "by SMS")
    s.plays()
    assert sent(s)[-1] == ("sms", "+14155559301", "1: by SMS")
    the_contact(s)


def test_a_user_id_that_comes_later_is_noted(stage: MakeStage) -> None:
    s = stage(counting)
    writes(s, NUMBER, "a")
    s.plays()
    writes(s, NUMBER, "b", USER_ID)
    s.plays()
    assert known_as(s) == [("whatsapp", "+14155559301"), ("whatsapp", "US.5550001112223")]


def test_a_stop_from_any_address_counts(stage: MakeStage) -> None:
    s = stage(counting)
    writes(s, NUMBER, "a", USER_ID)
    s.plays()
    writes(s, USER_ID, "STOP", consent=Consent.STOP)
    s.plays()
    assert the_contact(s).opt_outs.keys() == {"whatsapp +15550100"}
    writes(s, NUMBER, "b")
    s.plays()
    assert s.outbound()[-1].status == "suppressed"
    writes(s, USER_ID, "START", consent=Consent.START)
    s.plays()
    assert the_contact(s).opt_outs == {}


def test_a_stop_before_its_alias_is_known_counts(stage: MakeStage) -> None:
    s = stage(counting)
    writes(s, NUMBER, "a", USER_ID)
    writes(s, USER_ID, "STOP", consent=Consent.STOP, provider_answered=True)
    writes(s, NUMBER, "b")
    s.plays()
    assert the_contact(s).opt_outs.keys() == {"whatsapp +15550100"}
    assert {row.status for row in s.outbound()} == {"suppressed"}


def test_the_answer_to_a_stop_goes_where_it_came_from(stage: MakeStage) -> None:
    bot = one_state(counting)
    s = stage(bot)
    writes(s, f"whatsapp:{TODAY}", "STOP", consent=Consent.STOP)
    writes(s, f"whatsapp:{OTHER}", "STOP", consent=Consent.STOP)
    s.plays()
    the_contact(s)
    assert [to for _, to, _ in sent(s)] in ([TODAY, OTHER], [])


def test_a_pinned_address_stays_apart(stage: MakeStage) -> None:
    s = stage(counting)
    with s.database.write() as connection:
        aliases.put(connection, [OTHER], OTHER, pinned=True)
    writes(s, TODAY, "a")
    writes(s, OTHER, "b")
    s.plays()
    assert {row.key for row in rows(s.database, Contact)} == {TODAY, OTHER}
    assert [row.is_pinned for row in rows(s.database, LaneAlias)] == [True]


def test_no_alias_is_needed_where_there_is_one_form(stage: MakeStage) -> None:
    s = stage(counting)
    writes(s, "+14155550132")
    writes(s, "whatsapp:US.1")
    writes(s, "VERIFY!")
    s.plays()
    assert rows(s.database, LaneAlias) == []


@contextmanager
def working(s: Stage, workers: int) -> Iterator[None]:
    """So many workers converse during the block, and until nothing waits any more."""

    def work() -> None:
        while not is_over.is_set() or has_work(s):
            s.converse()

    is_over = threading.Event()
    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    yield
    is_over.set()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize("workers", [2, 4])
def test_persons_on_several_workers(stage: MakeStage, workers: int) -> None:
    s = stage(counting)
    persons = [(f"whatsapp:+1415555{n:04}", f"whatsapp:US.{n}") for n in range(8)]
    with working(s, workers):
        for turn in range(6):
            for number, user_id in persons:
                if turn in {0, 3}:
                    writes(s, number, f"m{turn}", user_id)
                else:
                    writes(s, (number, user_id)[turn % 2], f"m{turn}")
    assert len(rows(s.database, Contact)) == len(s.conversations()) == len(persons)
    for row in s.conversations():
        assert row.data["heard"] == [f"m{turn}" for turn in range(6)]


def has_work(s: Stage) -> bool:
    notified: list[str] = []
    sweep.wake_for_waiting_work(s.database, notified.append)
    return "converse" in notified
