"""What every registered provider keeps, whichever it is."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import dedent
from typing import Any, ClassVar

import pytest
from pydantic import Field, SecretStr

from pipeline import errors
from pipeline.providers import registry
from pipeline.providers.base import Provider, ProviderSettings
from pipeline.settings import Settings
from proving.faults.fake_twilio import FakeTwilio
from tests.pipeline.providers.build import OUR_NUMBER, PUBLIC_URL, an_outbound
from tests.pipeline.providers.rigs import PIGEON, RIGS, Rig

ROOT = Path(__file__).parents[3]
LONG_AGO = datetime.now(UTC) - timedelta(hours=1)
COMMON = {"public_url": PUBLIC_URL, "secret_key": "0123456789abcdef"}


@pytest.fixture(params=sorted({*registry.PROVIDERS, *PIGEON}))
def name(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each registered provider in turn, and one that lives in the tests."""
    for known, line in PIGEON.items():
        monkeypatch.setitem(registry.PROVIDERS, known, line)
    return str(request.param)


@pytest.fixture
def rig(name: str, fake: FakeTwilio) -> Rig:
    """The provider's other side; a provider without one fails here."""
    return RIGS[name](fake)


@pytest.fixture
def provider(name: str, rig: Rig) -> Provider:
    """The provider, made as the processes make it."""
    settings = Settings.complete().model_validate({"provider": name, **COMMON, **rig.settings})
    return registry.create(name, settings)


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of this machine."""
    monkeypatch.chdir(tmp_path)
    for field in Settings.complete().model_fields:
        monkeypatch.delenv(field.upper(), raising=False)


def test_a_provider_is_called_by_its_name(name: str, provider: Provider) -> None:
    assert provider.name == name


@pytest.mark.usefixtures("clean")
def test_a_good_account_starts(name: str, rig: Rig) -> None:
    assert Settings.load(provider=name, **COMMON, **rig.settings).provider == name


@pytest.mark.usefixtures("clean")
def test_settings_that_are_missing_are_reported_with_those_of_the_product(name: str) -> None:
    if not registry.settings_type(name).is_production:
        assert Settings.load(provider=name).provider == name
        return
    with pytest.raises(errors.SettingsError) as raised:
        Settings.load(provider=name, port="many")
    missing = registry.settings_type(name).missing(Settings.complete().model_validate({}))
    assert missing
    for setting in ("SECRET_KEY", "PUBLIC_URL", "PORT", *missing):
        assert f"\n  {setting}: " in str(raised.value)


def test_settings_bear_the_name_of_their_provider(name: str) -> None:
    own = set(registry.settings_type(name).model_fields) - set(Settings.model_fields)
    assert [field for field in own if not field.startswith(f"{name}_")] == []
    assert [f for f in own if not registry.settings_type(name).model_fields[f].description] == []


def test_routes_are_below_the_name(name: str, provider: Provider) -> None:
    assert {route.kind for route in provider.routes} == {"message", "status"}
    paths = [route.path for route in provider.routes]
    assert [p for p in paths if not f"{p}/".startswith(f"/webhooks/{name}/")] == []
    for _, path in provider.setup.urls if provider.setup else ():
        assert path.partition("#")[0] in paths


def test_a_request_of_the_provider_is_verified(provider: Provider, rig: Rig) -> None:
    provider.verify(rig.message("SM1", "Hello"))
    provider.verify(rig.status("SM1", "delivered"))


def test_a_forged_request_is_refused(provider: Provider, rig: Rig) -> None:
    for webhook in (rig.message("SM1", "Hello"), rig.status("SM1", "delivered")):
        forged = rig.forged(webhook)
        if forged is None:
            assert not registry.settings_type(provider.name).is_production
            continue
        for bad in (forged, replace(webhook, headers={})):
            with pytest.raises(errors.SignatureRejected):
                provider.verify(bad)


def test_without_credentials_every_request_is_refused(name: str, rig: Rig) -> None:
    bare = registry.create(name, Settings.complete().model_validate({}))
    if registry.settings_type(name).is_production:
        with pytest.raises(errors.SignatureRejected):
            bare.verify(rig.message("SM1", "Hello"))


def test_a_text_comes_in(provider: Provider, rig: Rig) -> None:
    inbound = provider.inbound(rig.message("SM1", "Hello"))
    assert inbound.provider == provider.name
    assert (inbound.contact_key, inbound.recipient) == ("+15550123", OUR_NUMBER)
    assert (inbound.text, inbound.channel) == ("Hello", "sms")


def test_the_same_webhook_has_the_same_id(provider: Provider, rig: Rig) -> None:
    webhook = rig.message("SM1", "Hello")
    assert provider.inbound(webhook).provider_id == provider.inbound(webhook).provider_id


def test_a_number_of_no_country_comes_in(provider: Provider, rig: Rig) -> None:
    assert provider.inbound(rig.message("SM1", "Hello", sender="+999")).phone == "+999"


def test_a_missing_sender_is_refused(provider: Provider, rig: Rig) -> None:
    with pytest.raises(errors.WebhookRejected, match=r"(?i)^from: missing; expected"):
        provider.inbound(rig.message("SM1", "Hello", sender=""))


def test_a_status_comes_in(provider: Provider, rig: Rig) -> None:
    callback = provider.status_callback(rig.status("SM1", "delivered"))
    assert (callback.provider, callback.provider_id) == (provider.name, "SM1")
    assert (callback.status, callback.error_code, callback.error) == ("delivered", "", "")


def test_a_status_without_an_id_is_refused(provider: Provider, rig: Rig) -> None:
    with pytest.raises(errors.WebhookRejected, match=r"(?i)id: missing; expected"):
        provider.status_callback(rig.status("", "delivered"))


def test_an_error_code_is_a_sentence(provider: Provider, rig: Rig) -> None:
    if rig.failed_code:
        callback = provider.status_callback(rig.status("SM1", "failed", rig.failed_code))
        assert callback.error_code == rig.failed_code
        assert re.fullmatch(r"[A-Z]\w* .*\w", callback.error)
    assert not provider.is_opt_out(rig.failed_code)
    assert not provider.is_hopeless("", is_changed=True)
    if rig.opt_out_code:
        assert provider.is_opt_out(rig.opt_out_code)


def test_each_send_has_an_id_of_its_own(provider: Provider) -> None:
    first, second = provider.send(an_outbound()), provider.send(an_outbound())
    assert first.provider_id
    assert first.provider_id != second.provider_id


def test_a_refusal_says_why(provider: Provider, rig: Rig) -> None:
    if rig.refuse(provider):
        with pytest.raises(errors.MessageRefused) as raised:
            provider.send(an_outbound())
        assert re.match(r"[A-Z]\w+ ", raised.value.reason)


def test_a_message_whose_answer_was_lost_is_found(provider: Provider, rig: Rig) -> None:
    if rig.lose_the_answer(provider):
        with pytest.raises(errors.OutcomeUnknown):
            provider.send(an_outbound(body="Lost?"))
        [found] = provider.find(an_outbound(body="Lost?"), LONG_AGO)
        assert found.provider_id
        assert list(provider.find(an_outbound(body="Never sent"), LONG_AGO)) == []


def test_nothing_is_found_where_nothing_was_sent(provider: Provider) -> None:
    assert list(provider.find(an_outbound(), LONG_AGO)) == []
    assert list(provider.inbound_since(LONG_AGO, [OUR_NUMBER])) == []


def test_a_good_account_has_no_problems(provider: Provider) -> None:
    assert provider.check() == []


def test_limits_name_the_channels(provider: Provider) -> None:
    now = datetime.now(UTC)
    for channel, limits in provider.limits.items():
        assert channel == channel.lower()
        assert limits.longest_body > 0
        assert limits.refusal(now, now) == ""
        if limits.window:
            assert limits.refusal(now - limits.window.length, now) == limits.window.closed
            assert limits.refusal(None, now) == limits.window.closed
    assert provider.limits["sms"].refusal(None, now) == ""


def test_our_number_is_known(provider: Provider) -> None:
    assert list(provider.our_numbers) == [OUR_NUMBER]


@pytest.mark.usefixtures("clean")
def test_an_unknown_provider_lists_the_known_ones() -> None:
    with pytest.raises(
        errors.SettingsError, match=r"PROVIDER: .*expected one of simulator, twilio"
    ):
        Settings.load(provider="albatross")


@pytest.mark.usefixtures("clean")
def test_a_bad_setting_of_a_provider_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.PROVIDERS, "pigeon", PIGEON["pigeon"])
    with pytest.raises(errors.SettingsError, match=r"\n  PIGEON_SPEED: .*\n  PORT: "):
        Settings.load(provider="pigeon", port="many", pigeon_speed=0, pigeon_key="x", **COMMON)


def test_example_of_the_page_declares_settings() -> None:
    page = (ROOT / "docs" / "providers.md").read_text()
    code = re.search(r"```python\n(.+?)```", page, re.DOTALL)
    assert code
    names: dict[str, Any] = {
        "ClassVar": ClassVar,
        "Field": Field,
        "Mapping": Mapping,
        "ProviderSettings": ProviderSettings,
        "SecretStr": SecretStr,
    }
    exec(compile(dedent(code[1]), "docs/providers.md", "exec"), names)  # noqa: S102 (our own page)
    settings = names["AcmeSettings"]
    assert settings().missing() == {"ACME_TOKEN": "copy it from Acme's console"}
    assert settings(acme_token="t").missing() == {}


def test_nothing_outside_the_providers_names_one() -> None:
    """Only the addresses of documentation pages may."""
    folders = ("bots", "parley", "pipeline", "web", "workers")
    files = [
        ROOT / "celeryconfig.py",
        *(p for name in folders for p in (ROOT / name).rglob("*.py")),
    ]
    assert [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in files
        if not path.is_relative_to(ROOT / "pipeline" / "providers")
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if "twilio" in re.sub(r"https?://\S+", "", line).lower()
    ] == []
