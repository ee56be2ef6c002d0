"""The simulator as a Provider: it calls no one, and what it sends counts as delivered.

The dashboard's phone and `parley chat` write to it with the form of webhook_form.py.
"""

import secrets
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import ClassVar, Self

from pipeline.conversation.window import WINDOWS
from pipeline.enums import Status
from pipeline.messages import Accepted, Inbound, Outbound, StatusCallback
from pipeline.providers import webhook_form
from pipeline.providers.base import ChannelLimits, Found, Limits, Provider, Route, Webhook
from pipeline.providers.simulator.settings import SimulatorSettings

# Fictional: 555-01XX is set aside in the North American plan.
OUR_NUMBER = "+15550100"


class Simulator(Provider):
    """A provider that needs no account and trusts every request; for trying out only."""

    name = "simulator"
    routes = (
        Route("/webhooks/simulator", "message"),
        Route("/webhooks/simulator/status", "status"),
    )
    acknowledgement = webhook_form.ACKNOWLEDGEMENT
    limits: ClassVar[Limits] = {
        "sms": ChannelLimits(longest_body=1600, most_media=10),
        "whatsapp": ChannelLimits(longest_body=1600, most_media=1, window=WINDOWS["whatsapp"]),
        "rcs": ChannelLimits(longest_body=1600, most_media=10),
        "messenger": ChannelLimits(longest_body=1600, most_media=1),
    }
    our_numbers = (OUR_NUMBER,)

    @classmethod
    def create(cls, settings: SimulatorSettings) -> Self:  # noqa: ARG003 (it needs none)
        """The simulator."""
        return cls()

    def verify(self, webhook: Webhook) -> None:
        """Accept every request: its routes exist in simulator mode only."""

    def inbound(self, webhook: Webhook) -> Inbound:
        """The message in a form with From and Body; To and MessageSid are optional."""
        defaults = {"To": [OUR_NUMBER], "MessageSid": [_new_id()]}
        form = _with_defaults(webhook.form, defaults)
        return webhook_form.inbound(form, provider=self.name, account_id=self.name)

    def status_callback(self, webhook: Webhook) -> StatusCallback:
        """The status callback in a form."""
        return webhook_form.status_callback(
            webhook.form, webhook.query, provider=self.name, account_id=self.name
        )

    def send(self, outbound: Outbound) -> Accepted:  # noqa: ARG002 (the contract's signature)
        """Delivered at once."""
        return Accepted(_new_id(), status=Status.DELIVERED)

    def find(self, outbound: Outbound, since: datetime) -> Sequence[Found]:  # noqa: ARG002 (same)
        """Nothing: a send here has no unknown outcome."""
        return ()

    def inbound_since(self, since: datetime, numbers: Sequence[str]) -> Iterator[Inbound]:  # noqa: ARG002 (same)
        """Nothing: no message was kept elsewhere."""
        return iter(())


def _with_defaults(form: webhook_form.Form, defaults: webhook_form.Form) -> webhook_form.Form:
    given = {name: values for name, values in form.items() if values and values[0]}
    return {**defaults, **given}


def _new_id() -> str:
    return "SIM" + secrets.token_hex(16)
