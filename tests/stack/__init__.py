"""The Procfile's real processes under test, with their own database, broker and fake Twilio."""

from tests.stack.people import Person, a_person, people
from tests.stack.processes import Process, eventually
from tests.stack.stack import EVERYTHING, Stack

__all__ = ["EVERYTHING", "Person", "Process", "Stack", "a_person", "eventually", "people"]
