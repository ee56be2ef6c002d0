"""The Procfile's real processes under test, with their own database, broker and fake Twilio."""

from proving.faults.people import Person, a_person, people
from proving.faults.processes import Process, eventually
from proving.faults.stack import EVERYTHING, Stack

__all__ = ["EVERYTHING", "Person", "Process", "Stack", "a_person", "eventually", "people"]
