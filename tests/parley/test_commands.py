"""The short commands: what they print, and one clear line where they cannot do their work."""

from pathlib import Path

import pytest

from pipeline.database import Database
from pipeline.records.accounts import tokens
from tests.builders import a_contact, a_conversation
from tests.parley.commands import parley


def test_version_is_printed(tmp_path: Path) -> None:
    assert parley(tmp_path, "--version").stdout == "parley, version 0.1.0\n"


def test_upgrade_twice_is_as_good_as_once(tmp_path: Path) -> None:
    for _ in range(2):
        done = parley(tmp_path, "db", "upgrade")
        assert done.returncode == 0
        assert done.stdout.startswith("The database is at revision ")


def test_token_is_all_that_is_printed(tmp_path: Path) -> None:
    parley(tmp_path, "db", "upgrade")
    secret = parley(tmp_path, "token", "add", "reports", "--role", "viewer").stdout.strip()
    database = Database(f"sqlite:///{tmp_path}/var/parley.db")
    with database.read() as connection:
        found = tokens.find(connection, secret)
    database.close()
    assert found is not None
    assert (found.name, found.role) == ("reports", "viewer")


def test_second_token_of_a_name_is_refused(tmp_path: Path) -> None:
    parley(tmp_path, "db", "upgrade")
    parley(tmp_path, "token", "add", "reports", "--role", "viewer")
    done = parley(tmp_path, "token", "add", "reports", "--role", "admin")
    assert done.returncode == 1
    assert done.stderr.startswith("Error: There is a token named 'reports'")


@pytest.mark.parametrize(
    ("words", "settings", "said"),
    [
        (["token", "add", "x", "--role", "admin"], {}, "run `parley db upgrade`"),
        (["states"], {"BOT": "bots.nope:bot"}, "there is no module bots.nope"),
        (["db", "upgrade"], {"DATABASE_URL": "postgresql://127.0.0.1:1/x"}, "Check DATABASE_URL"),
        (["up"], {"HOST": "no.such.host.invalid", "SIMULATOR_OPEN": "true"}, "HOST: 'no.such"),
        (["up"], {"HOST": "192.0.2.7"}, "\n  SIMULATOR_OPEN: "),
        (["user", "list"], {}, "run `parley db upgrade`"),
        (["user", "add", "nobody", "--role", "admin"], {}, "run `parley db upgrade`"),
        (["up"], {"PORT": "many"}, "PORT: "),
    ],
)
def test_known_failure_is_no_traceback(
    tmp_path: Path, words: list[str], settings: dict[str, str], said: str
) -> None:
    done = parley(tmp_path, *words, **settings)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_states_are_shown_without_a_database(tmp_path: Path) -> None:
    done = parley(tmp_path, "states")
    assert done.returncode == 0
    assert "template, starting in unstructured" in done.stdout
    assert "No counts: " in done.stdout


def test_states_are_counted_and_unknown_ones_marked(database: Database, database_url: str) -> None:
    first, second = (a_contact(database) for _ in range(2))
    a_conversation(database, first, state="support")
    a_conversation(database, second, state="abandoned")
    lines = parley(Path("/"), "states", DATABASE_URL=database_url).stdout.splitlines()
    assert ["support", "1"] in [line.split() for line in lines]
    assert any(line.split()[:2] == ["abandoned", "1"] and "not in" in line for line in lines)


def test_doctor_tells_how_to_mend(tmp_path: Path) -> None:
    done = parley(tmp_path, "doctor", BROKER_URL="redis://127.0.0.1:1/0", BOT="bots.nope:bot")
    assert done.returncode == 1
    verdicts = {line.split()[1]: line.split()[0] for line in done.stdout.splitlines()}
    assert verdicts["settings"] == verdicts["database"] == "ok"
    assert verdicts["schema"] == verdicts["broker"] == verdicts["bot"] == "fail"
    assert "parley db upgrade" in done.stdout
    assert "check BROKER_URL" in done.stdout


def test_doctor_reports_wrong_settings(tmp_path: Path) -> None:
    done = parley(tmp_path, "doctor", PROVIDER="twilio")
    assert done.returncode == 1
    assert "TWILIO_AUTH_TOKEN: needed" in done.stdout
