"""What every view of one web process works with; web/app.py puts it into the app."""

from dataclasses import dataclass
from typing import cast

from flask import current_app

from pipeline.rings import Ring
from pipeline.runtime import Runtime
from web.broker import BrokerProbe


@dataclass(frozen=True, slots=True)
class Site:
    """The runtime, the bell of the workers, and the probe that knows whether the broker answers."""

    runtime: Runtime
    ring: Ring
    broker: BrokerProbe


def here() -> Site:
    """The site of the request in hand."""
    return cast("Site", current_app.extensions["parley"])
