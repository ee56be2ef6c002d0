"""Settings: where they come from, and that every wrong one is told at once."""

from pathlib import Path

import pytest

from pipeline.errors import SettingsError
from pipeline.providers.twilio.settings import TwilioSettings
from pipeline.settings import Settings

FIELDS = Settings.complete().model_fields
TWILIO = {
    "PROVIDER": "twilio",
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "token",
    "TWILIO_PHONE_NUMBER": "+15550100",
    "PUBLIC_URL": "https://bot.example.com",
    "SECRET_KEY": "0123456789abcdef",
}


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the machine, and no .env of the working directory."""
    monkeypatch.chdir(tmp_path)
    for name in FIELDS:
        for variable in (name.upper(), f"{name.upper()}_FILE"):
            monkeypatch.delenv(variable, raising=False)


def having(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def test_defaults_need_nothing() -> None:
    settings = Settings.load()
    assert settings.provider == "simulator"
    assert settings.database_url == "sqlite:///var/parley.db"
    assert settings.is_embedded
    assert settings.broker_folder == Path("var/broker")


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_name_of_postgresql_is_one_driver(scheme: str) -> None:
    settings = Settings.load(database_url=f"{scheme}://u@h/d")
    assert settings.database_url == "postgresql+psycopg://u@h/d"


def test_embedded_broker_lies_beside_the_database(tmp_path: Path) -> None:
    settings = Settings.load(database_url=f"sqlite:///{tmp_path}/x/parley.db")
    assert settings.broker_folder == tmp_path / "x" / "broker"


def test_all_wrong_settings_are_told_together(monkeypatch: pytest.MonkeyPatch) -> None:
    having(
        monkeypatch,
        DATABASE_URL="mysql://x",
        BROKER_URL="kafka://x",
        BOT="nowhere",
        PORT="many",
        SENDER_RATE="-1",
        LOG_FORMAT="xml",
        PUBLIC_URL="ftp://x",
        TURN_LIMIT_SECONDS="0",
        PROVIDER="twilio",
    )
    with pytest.raises(SettingsError) as caught:
        Settings.load()
    for name in (
        "DATABASE_URL",
        "BROKER_URL",
        "BOT",
        "PORT",
        "SENDER_RATE",
        "LOG_FORMAT",
        "PUBLIC_URL",
        "TURN_LIMIT_SECONDS",
        "SECRET_KEY",
        "TWILIO_ACCOUNT_SID",
        "TWILIO_AUTH_TOKEN",
        "TWILIO_PHONE_NUMBER",
    ):
        assert f"\n  {name}: " in str(caught.value)


def test_real_provider_starts_with_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    having(monkeypatch, **TWILIO)
    assert Settings.load().provider == "twilio"


@pytest.mark.parametrize("missing", [name for name in TWILIO if name != "PROVIDER"])
def test_real_provider_refuses_to_start_without(
    monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    having(monkeypatch, **(TWILIO | {missing: ""}))
    with pytest.raises(SettingsError, match=missing):
        Settings.load()


@pytest.mark.parametrize(
    ("url", "is_fine"),
    [
        ("http://bot.example.com", False),
        ("http://127.0.0.1:8000", True),
        ("http://localhost:8000", True),
        ("https://bot.example.com", True),
    ],
)
def test_plain_http_is_for_loopback_only(
    monkeypatch: pytest.MonkeyPatch, url: str, is_fine: bool
) -> None:
    having(monkeypatch, **(TWILIO | {"PUBLIC_URL": url}))
    if is_fine:
        assert Settings.load().public_url == url
    else:
        with pytest.raises(SettingsError, match="PUBLIC_URL"):
            Settings.load()


def twilio_settings() -> TwilioSettings:
    settings = Settings.load()
    assert isinstance(settings, TwilioSettings)
    return settings


def test_messaging_service_stands_for_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    values = TWILIO | {"TWILIO_PHONE_NUMBER": "", "TWILIO_MESSAGING_SERVICE_SID": "MG0"}
    having(monkeypatch, **values)
    assert twilio_settings().twilio_messaging_service_sid == "MG0"


def test_secret_may_be_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from file\n")
    having(monkeypatch, TWILIO_AUTH_TOKEN_FILE=str(tmp_path / "token"))
    assert twilio_settings().twilio_auth_token.get_secret_value() == "from file"


def test_file_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    having(monkeypatch, SECRET_KEY_FILE="/nowhere/key")
    with pytest.raises(SettingsError, match="SECRET_KEY_FILE"):
        Settings.load()


def test_environment_goes_before_the_env_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("PORT=1111\nHOST=127.0.0.2\n")
    having(monkeypatch, PORT="2222")
    settings = Settings.load()
    assert (settings.port, settings.host) == (2222, "127.0.0.2")


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    having(monkeypatch, SECRET_KEY="do not tell anybody")
    assert "do not tell" not in repr(Settings.load())


@pytest.mark.parametrize("host", ["192.0.2.7", "::", "bot.example.com"])
def test_simulator_is_not_open_to_a_network_by_accident(
    monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setenv("HOST", host)
    with pytest.raises(SettingsError, match="SIMULATOR_OPEN"):
        Settings.load()
    monkeypatch.setenv("SIMULATOR_OPEN", "true")
    assert Settings.load().host == host


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.0.0.2", "::1"])
def test_simulator_is_for_this_machine(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("HOST", host)
    assert Settings.load().host == host
