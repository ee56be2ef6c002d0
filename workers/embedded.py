"""The embedded broker: kombu's filesystem transport, mended so that no reader sees half a file.

Its own `_put` creates the file under its final name before it writes it, and a reader that is
quicker gets an empty message, which ends a worker.
"""

import json
import time
import uuid
from pathlib import Path
from typing import Any

from kombu.transport import filesystem


class Channel(filesystem.Channel):
    """A channel whose messages appear whole."""

    def _put(self, queue: Any, message: Any, **_options: Any) -> None:
        folder = Path(self.data_folder_out)
        name = f"{time.time_ns():020}_{uuid.uuid4()}"
        unfinished = folder / f"{name}.unfinished"
        unfinished.write_text(json.dumps(message), "utf-8")
        unfinished.rename(folder / f"{name}.{queue}.msg")


class Transport(filesystem.Transport):
    """`broker_transport` of the embedded broker."""

    Channel = Channel
