"""Status callbacks: in any order, doubled, early, forged, late, to a receiver that is away.

A status never goes backwards: the replies are looked at while they change (monitoring.py).
"""

import time
from collections.abc import Mapping

from proving.faults.fake_twilio.callbacks import status_form
from proving.faults.fake_twilio.webhooks import post_form, signed_headers
from proving.faults.history import Reply, replies_of
from proving.faults.processes import eventually
from proving.faults.run import Run
from proving.faults.scenario import Group
from proving.faults.snapshots import changes, locked, snapshot
from proving.faults.stack import PUBLIC_URL
from proving.faults.traffic import numbered

scenario = Group("callbacks", [])

_PATH = "/webhooks/twilio/status"
_EVERY = ("queued", "sending", "sent", "delivered", "read")


@scenario("F38 callbacks in any order", is_quick=True, is_core=True)
def shuffled(run: Run) -> None:
    """Every status three times, in a random order and several at once: each reply ends as read."""
    run.callbacks(statuses=_EVERY, copies=3, is_shuffled=True, seed=run.plan.seed)
    run.start()
    run.traffic.send_all(numbered(run.fake_contacts(10), 4))
    _all_end_as(run, "read")


@scenario("F38 callbacks before the answer")
def early(run: Run) -> None:
    """All callbacks, shuffled, come before Twilio's answer to the call that made the message."""
    run.callbacks(statuses=_EVERY, copies=2, is_shuffled=True, is_early=True, seed=run.plan.seed)
    run.start()
    run.traffic.send_all(numbered(run.fake_contacts(10), 3))
    _all_end_as(run, "read")


@scenario("F38 callbacks of unknown messages", needs_counting_bot=True)
def unknown(run: Run) -> None:
    """Callbacks without our id, of messages that are not ours yet or never, and unknown statuses.

    Each is answered 200 and kept; what becomes ours has its status then.
    """
    run.callbacks(statuses=())
    run.start()
    (person,) = run.fake_contacts(1)
    run.fake.turn(to=person.number, latency_seconds=2.0)
    run.traffic.say(person, "quince 1")
    made = eventually(lambda: run.fake.creates, 20)[0]
    stranger = {"sid": "SM" + "9" * 32, "to": person.number, "from": "", "account_sid": ""}
    for message, status in (
        (stranger, "delivered"),
        (_message(run, made.sid), "teleported"),
        (_message(run, made.sid), "delivered"),
        (_message(run, made.sid), "sent"),
    ):
        assert _post(run, status_form(message, status)) == 200
        run.record(f"{status} without our id")
    run.settle()
    # The clock looks every 2 s whether an unknown one has become ours.
    eventually(lambda: {reply.status for reply in _replies(run)} == {"delivered"}, 20)


@scenario("F38 database locked under callbacks")
def database_locked(run: Run) -> None:
    """The database takes no callback for 4 s: 503, and Twilio tries again as the URL asks.

    Five times, with a second between: 5 x (1.8 + 1) s are longer than 4 s, so none is lost.
    """
    run.callbacks(retry_seconds=1.0, delay_seconds=0.3)
    run.start()
    with run.traffic.meanwhile(numbered(run.fake_contacts(8), 4), every_seconds=0.4):
        eventually(lambda: run.fake.callbacks.sent, 20)
        with locked(run):
            run.record("locked the database for 4 s")
            time.sleep(4.0)
    _all_end_as(run, "delivered")
    refused = [sent for sent in run.fake.callbacks.sent if 503 in sent.answers]
    run.record(f"{len(refused)} callbacks were refused at first")
    assert refused


@scenario("F38 web killed under callbacks")
def web_killed(run: Run) -> None:
    """The web process is killed twice while callbacks come; those that were answered count."""
    run.callbacks(retry_seconds=2.0, delay_seconds=0.3, statuses=_EVERY)
    web, *_ = run.start("web", "converse", "dispatch", "clock")
    with run.traffic.meanwhile(numbered(run.fake_contacts(8), 4), every_seconds=0.3):
        for _ in range(2):
            sent = len(run.fake.callbacks.sent)
            eventually(lambda sent=sent: len(run.fake.callbacks.sent) > sent + 5, 30)  # type: ignore[misc]  # a lambda with a default has no type
            run.kill(web)
            web = run.stack.start_one("web")


@scenario("F39 late statuses", needs_counting_bot=True)
def late_statuses(run: Run) -> None:
    """'sent' after 'delivered', 'failed' without its code after one with it, 'read' at the end."""
    run.callbacks(statuses=())
    run.start()
    run.traffic.send_all(numbered(run.fake_contacts(1), 2))
    run.settle()
    good, bad = _replies(run)
    for reply, status, code, expected in (
        (good, "delivered", "", ("delivered", "")),
        (good, "sent", "", ("delivered", "")),
        (good, "failed", "30008", ("delivered", "")),
        (good, "read", "", ("read", "")),
        (good, "delivered", "", ("read", "")),
        (bad, "failed", "30003", ("failed", "30003")),
        (bad, "failed", "", ("failed", "30003")),
        (bad, "undelivered", "", ("failed", "30003")),
        (bad, "sent", "", ("failed", "30003")),
        (bad, "delivered", "", ("delivered", "30003")),
    ):
        form = status_form(_message(run, reply.provider_id or ""), status, code)
        assert _post(run, form, f"?m={reply.id}&a=1") == 200
        run.record(f"{status} {code}".strip())
        run.settle()
        now = next(it for it in _replies(run) if it.id == reply.id)
        reached = (now.status, now.error_code)
        assert reached == expected, f"after {status} {code}: {reached}, not {expected}"


@scenario("F39 forged callbacks")
def forged(run: Run) -> None:
    """Callbacks that Twilio did not sign are 403 and change no row."""
    run.callbacks(statuses=("sent",))
    run.start()
    run.traffic.send_all(numbered(run.fake_contacts(2), 1))
    _all_end_as(run, "sent")
    before = snapshot(run)
    for reply in _replies(run):
        form = status_form(_message(run, reply.provider_id or ""), "failed", "30003")
        query = f"?m={reply.id}&a=1"
        for forgery in (
            {"token": "token-of-somebody-else"},
            {"url": f"{PUBLIC_URL}{_PATH}?m=another&a=1"},
            {"url": PUBLIC_URL + _PATH},
        ):
            assert _post(run, form, query, **forgery) == 403
            run.record("forged a callback")
    assert not (changed := changes(before, snapshot(run))), changed


def _post(
    run: Run, form: Mapping[str, str], query: str = "", *, token: str = "", url: str = ""
) -> int:
    """The answer to a callback that is signed for its own URL, unless another is given."""
    headers = signed_headers(url or PUBLIC_URL + _PATH + query, form, token)
    status, _ = post_form(run.stack.url + _PATH + query, form, headers)
    return status


def _message(run: Run, sid: str) -> dict[str, str]:
    return next(message for message in run.fake.messages.all if message["sid"] == sid)


def _replies(run: Run) -> list[Reply]:
    with run.stack.database.read() as connection:
        return replies_of(connection)


def _all_end_as(run: Run, status: str) -> None:
    """Assert that every reply has this status once all callbacks were made and merged."""
    run.settle()
    others = [reply for reply in _replies(run) if reply.status != status]
    assert not others, f"not {status}: {others[:3]}"
