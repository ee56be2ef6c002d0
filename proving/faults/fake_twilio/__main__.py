"""`python -m proving.faults.fake_twilio --port N`: the fake in a process of its own.

GET, DELETE /_control/messages (the history of create calls) · GET /_control/count ·
POST (a list), DELETE /_control/knobs · GET, POST /_control/callbacks · POST /_control/inbound
"""

import argparse
import asyncio
import contextlib

from proving.faults.fake_twilio.server import FakeTwilio
from proving.faults.fake_twilio.webhooks import ACCOUNT, TOKEN


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--account", default=ACCOUNT)
    parser.add_argument("--token", default=TOKEN)
    options = parser.parse_args()
    fake = FakeTwilio(port=options.port, account=options.account, token=options.token)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(fake.serve())


main()
