"""The Procfile's real processes under test, with their own database, broker and fake Twilio."""

from parley.proving.people import Person, a_person, people
from parley.proving.processes import Process, eventually
from parley.proving.stack import EVERYTHING, Stack

__all__ = ["EVERYTHING", "Person", "Process", "Stack", "a_person", "eventually", "people"]
