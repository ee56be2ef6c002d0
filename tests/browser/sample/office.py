"""The office of the sample: canned replies, what is known of a contact, colleagues, processes."""

from datetime import timedelta

from pipeline import accounts, override
from pipeline.records.stats import workers
from tests.browser.sample.play import Operator, Phone, Play

A_PASSWORD = "nine blue cups on the shelf"
CANNED = (
    ("Opening hours", "We are open from 9 to 5, Monday to Friday, and until 8 on Thursdays."),
    ("How to get here", "The number 7 stops at the door.\nParking is behind the house 🅿️"),
    ("Refund is on its way", "We have sent your money back. It takes three to five days."),
    ("شكراً", "شكراً جزيلاً لتواصلكم معنا"),
)


def play_office(play: Play, operator: Operator) -> str:
    """What is there besides talks; returns the token of an invitation."""
    play.ago(days=9)
    for title, body in CANNED:
        override.add_canned_reply(play.stage.runtime, title, body, actor=operator.email)
    play.ago(days=1)
    ada = Phone(play, "+14155550132")
    override.change_contact(
        play.stage.runtime,
        ada.contact.id,
        actor=operator.email,
        name="Ada",
        attributes={"language": "en", "plan": "yearly"},
    )
    _workers(play)
    return _colleagues(play)


def _colleagues(play: Play) -> str:
    """Users besides those who sign in: one who is away for good, and one who is invited."""
    database, actor = play.stage.database, "admin-1@example.com"
    play.ago(days=30)
    accounts.add_user(database, "operator-2@example.com", "operator", A_PASSWORD, actor=actor)
    leaver = accounts.add_user(database, "viewer-2@example.com", "viewer", A_PASSWORD, actor=actor)
    play.ago(days=2)
    accounts.change_user(database, leaver, actor=actor, is_disabled=True)
    play.ago(hours=1)
    return accounts.invite(database, "operator-3@example.com", "operator", actor=actor)


def _workers(play: Play) -> None:
    """Nothing moves in a picture, so the workers do not run; here they are said to."""
    for number, pool in enumerate(("converse", "converse", "dispatch", "clock")):
        name = f"{pool}@server-1:{4000 + number}"
        with play.stage.database.write() as connection:
            workers.beat(connection, name, pool, play.now - timedelta(hours=5))
            # They give no further sign while pictures are taken.
            workers.beat(connection, name, pool, play.now + timedelta(hours=1))
