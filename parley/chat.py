"""`parley chat`: talk to the bot in the terminal, through the same inbox, turns and outbox.

Works with nothing else running, and beside `parley up`: whoever is quicker does the work.
"""

import sys
import time
from collections.abc import Iterator
from typing import Any

import click
from sqlalchemy import Row

from parley.backstage import Backstage
from parley.db import to_head
from pipeline import logs
from pipeline.insight import transcript
from pipeline.messages import Inbound
from pipeline.providers.base import Webhook
from pipeline.receive import Receiver
from pipeline.records import contacts, inbox
from pipeline.records.messages import PENDING
from pipeline.runtime import Runtime, build
from pipeline.settings import Settings

_LOOK_SECONDS = 0.05
_MOST_AT_ONCE = 500
