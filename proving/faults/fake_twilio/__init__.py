"""A fake Twilio: its REST API over a socket, with faults to order, callbacks and signed webhooks.

`with FakeTwilio() as fake:` runs it in a thread; `python -m proving.faults.fake_twilio --port N` in
a process of its own, told what to do under /_control/ (see __main__.py).
"""

from proving.faults.fake_twilio.server import FakeTwilio
from proving.faults.fake_twilio.webhooks import inbound_form, sign, webhook
from proving.faults.fake_twilio.wire import Answer

__all__ = ["Answer", "FakeTwilio", "inbound_form", "sign", "webhook"]
