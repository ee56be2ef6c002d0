"""The provider without an account: what it is given counts as delivered, and nobody is called.

The dashboard's phone and `parley chat` write to it with the form that Twilio would post.
"""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from pipeline.enums import Status
from pipeline.messages import Accepted, Inbound, Outbound, StatusCallback
from pipeline.providers import forms
from pipeline.providers.base import File, Found, Webhook
from pipeline.settings import Settings

# Fictional: 555-01XX is set aside in the North American plan.
OUR_NUMBER = "+15550100"


class Simulator:
    """A Provider that needs nothing and trusts everybody; for trying out only."""

    name = "simulator"

    def verify(self, webhook: Webhook) -> None:
        """Anybody may write: the web process opens this door in simulator mode only."""

    def inbound(self, webhook: Webhook) -> Inbound:
        """The message in a form with From and Body; To and MessageSid may be left out."""
        defaults = {"To": [OUR_NUMBER], "MessageSid": [_new_id()]}
        return forms.inbound(
            _with_defaults(webhook.form, defaults),
            provider=self.name,
            account_id=self.name,
            answers_consent=False,
        )

    def status_callback(self, webhook: Webhook) -> StatusCallback:
        """The status callback in a form like Twilio's."""
        return forms.status_callback(
            webhook.form, webhook.query, provider=self.name, account_id=self.name
        )

    def send(self, outbound: Outbound) -> Accepted:  # noqa: ARG002 (the contract's signature)
        """Delivered at once."""
        return Accepted(_new_id(), status=Status.DELIVERED)

    def is_hopeless(self, error_code: str, *, is_changed: bool) -> bool:  # noqa: ARG002 (same)
        """Never: nothing fails here."""
        return False

    def is_opt_out(self, error_code: str) -> bool:  # noqa: ARG002 (same)
        """Never, for the same reason."""
        return False

    def find(self, outbound: Outbound, since: datetime) -> Sequence[Found]:  # noqa: ARG002 (same)
        """Nothing: a send here has no unknown outcome."""
        return ()

    def inbound_since(self, since: datetime, numbers: Sequence[str]) -> Iterator[Inbound]:  # noqa: ARG002 (same)
        """Nothing: there is no one who could have kept a message."""
        return iter(())

    def media(self, url: str) -> File | None:  # noqa: ARG002 (same)
        """Nothing: files are named by their addresses and lie elsewhere."""
        return None

    def check(self) -> list[str]:
        """There is no account that could be wrong."""
        return []


def create(settings: Settings) -> Simulator:  # noqa: ARG001 (it needs none; the others do)
    """The simulator."""
    return Simulator()


def _with_defaults(form: forms.Form, defaults: forms.Form) -> Mapping[str, list[str]]:
    given = {name: values for name, values in form.items() if values and values[0]}
    return {**defaults, **given}


def _new_id() -> str:
    return "SIM" + secrets.token_hex(16)
