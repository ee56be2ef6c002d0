"""The objects that all views of a web process share; web/app.py puts them into the app."""

from dataclasses import dataclass
from typing import cast

from flask import current_app

from pipeline.receive import Receiver
from pipeline.runtime import Runtime
from pipeline.wakeups import Notify
from web.broker import BrokerProbe
from web.reader import Reader


@dataclass(frozen=True, slots=True)
class Site:
    """The runtime, what wakes the workers, the receiver of inbound messages, the probe that knows
    whether the broker answers, and the reader that asks the database for all live pages.
    """

    runtime: Runtime
    notify: Notify
    receiver: Receiver
    broker: BrokerProbe
    reader: Reader


def here() -> Site:
    """The site of the current request."""
    return cast("Site", current_app.extensions["parley"])
