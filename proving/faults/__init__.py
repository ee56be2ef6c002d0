"""The Procfile's real processes under test, with their own database, broker and fake Twilio."""

from proving.faults.contacts import FakeContact, fake_contact, fake_contacts
from proving.faults.processes import Process, eventually
from proving.faults.stack import EVERYTHING, Stack

__all__ = [
    "EVERYTHING",
    "FakeContact",
    "Process",
    "Stack",
    "eventually",
    "fake_contact",
    "fake_contacts",
]
