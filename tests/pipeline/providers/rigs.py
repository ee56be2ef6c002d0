"""For each provider what the contract test needs: its settings, its requests, its side's answers.

A new provider adds a rig here.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from pipeline.errors import MessageRefused, OutcomeUnknown
from pipeline.providers.base import Provider, Webhook
from pipeline.providers.twilio.provider import Twilio
from proving.faults.fake_twilio import FakeTwilio, inbound_form, sign
from proving.faults.fake_twilio.webhooks import ACCOUNT, TOKEN
from tests.pipeline.providers.build import OUR_NUMBER, PUBLIC_URL, a_webhook
from tests.pipeline.providers.pigeon import provider as pigeon
from tests.pipeline.providers.pigeon.provider import Pigeon

CONTACT = "+15550123"
# One line of the registry, for a provider that lives in the tests.
PIGEON = {"pigeon": "tests.pipeline.providers.pigeon.settings:PigeonSettings"}


class Rig(Protocol):
    """A provider's other side."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """A good account."""

    def message(self, sid: str, text: str, sender: str = CONTACT) -> Webhook:
        """The request that brings a message, signed."""

    def status(self, sid: str, status: str, code: str = "") -> Webhook:
        """The request that brings a status, signed."""

    def forged(self, webhook: Webhook) -> Webhook | None:
        """The same request from somebody else; None where everybody is trusted."""

    def refuse(self, provider: Provider) -> bool:
        """Refuse the next message for good; False where that cannot happen."""

    def lose_the_answer(self, provider: Provider) -> bool:
        """Make the next message and give no answer; False where that cannot happen."""

    @property
    def failed_code(self) -> str:
        """A code of a status that says why a message did not arrive; "" for none."""

    @property
    def opt_out_code(self) -> str:
        """A code that says that the contact opted out; "" for none."""


@dataclass
class SimulatorRig:
    """Nothing fails, and everybody is trusted."""

    settings: Mapping[str, Any]
    failed_code: str = ""
    opt_out_code: str = ""

    def message(self, sid: str, text: str, sender: str = CONTACT) -> Webhook:
        return a_webhook(inbound_form(MessageSid=sid, Body=text, From=sender))

    def status(self, sid: str, status: str, code: str = "") -> Webhook:
        return a_webhook({"MessageSid": sid, "MessageStatus": status, "ErrorCode": code})

    def forged(self, webhook: Webhook) -> Webhook | None:  # noqa: ARG002 (the rig's signature)
        return None

    def refuse(self, provider: Provider) -> bool:  # noqa: ARG002 (the rig's signature)
        return False

    def lose_the_answer(self, provider: Provider) -> bool:  # noqa: ARG002 (the rig's signature)
        return False


@dataclass
class TwilioRig:
    """A fake Twilio on a port of this machine."""

    fake: FakeTwilio
    failed_code: str = "30003"
    opt_out_code: str = "21610"

    @property
    def settings(self) -> Mapping[str, Any]:
        return {
            "twilio_account_sid": ACCOUNT,
            "twilio_auth_token": TOKEN,
            "twilio_phone_number": OUR_NUMBER,
            "twilio_api_base_url": self.fake.url,
        }

    def message(self, sid: str, text: str, sender: str = CONTACT) -> Webhook:
        form = inbound_form(MessageSid=sid, Body=text, From=sender)
        return self._signed(Twilio.routes[0].path, form)

    def status(self, sid: str, status: str, code: str = "") -> Webhook:
        form = {"MessageSid": sid, "MessageStatus": status, "ErrorCode": code}
        return self._signed(Twilio.routes[1].path, form)

    def forged(self, webhook: Webhook) -> Webhook | None:
        return replace(webhook, form={**webhook.form, "Body": ["forged"]})

    def refuse(self, provider: Provider) -> bool:  # noqa: ARG002 (the rig's signature)
        self.fake.turn(status=400, code=21211, times=1)
        return True

    def lose_the_answer(self, provider: Provider) -> bool:  # noqa: ARG002 (the rig's signature)
        self.fake.turn(after_create="reset", times=1)
        return True

    def _signed(self, path: str, form: Mapping[str, str]) -> Webhook:
        url = PUBLIC_URL + path
        return a_webhook(form, url=url, headers={"x-twilio-signature": sign(url, form)})


@dataclass
class PigeonRig:
    """A loft in memory."""

    settings: Mapping[str, Any]
    failed_code: str = "wet"
    opt_out_code: str = "stop"

    def message(self, sid: str, text: str, sender: str = CONTACT) -> Webhook:
        return self._signed({"id": sid, "from": sender, "text": text})

    def status(self, sid: str, status: str, code: str = "") -> Webhook:
        return self._signed({"id": sid, "status": status, "code": code})

    def forged(self, webhook: Webhook) -> Webhook | None:
        return replace(webhook, body=webhook.body.replace(b"{", b"{ "))

    def refuse(self, provider: Provider) -> bool:
        assert isinstance(provider, Pigeon)
        provider.answers.append(MessageRefused("The letter is too heavy"))
        return True

    def lose_the_answer(self, provider: Provider) -> bool:
        assert isinstance(provider, Pigeon)
        provider.answers.append(OutcomeUnknown("The pigeon did not come back"))
        return True

    def _signed(self, said: Mapping[str, str]) -> Webhook:
        body = json.dumps(said).encode()
        headers = {pigeon.SIGNATURE: pigeon.sign(body, b"crumbs")}
        return replace(a_webhook({}, headers=headers), body=body)


RIGS: Mapping[str, Callable[[FakeTwilio], Rig]] = {
    "simulator": lambda _: SimulatorRig({}),
    "twilio": TwilioRig,
    "pigeon": lambda _: PigeonRig({"pigeon_key": "crumbs", "pigeon_number": OUR_NUMBER}),
}
