"""`parley failures export`, and what each of its commands says when it cannot do its work."""

import csv
import io
import json

import pytest

from parley.failures.tables import plain
from pipeline.database import Database
from pipeline.records.accounts.audit import AuditEntry
from tests.builders import a_contact, a_conversation, rows
from tests.parley.conftest import Run
from tests.parley.failing import ERROR, NOW, failed, parked
from tests.stage import ADA, BOB


def test_export_as_csv_and_as_json_lines(run: Run, database: Database) -> None:
    contact = a_contact(database, phone=ADA, name="Ada")
    turn = parked(database, text="=1+1")
    message = failed(database, a_conversation(database, contact), error_code="30003")
    parked(database, BOB, kind="timer", payload={"name": "timeout"})
    done = run("export", "--contact", ADA)
    assert (done.exit_code, done.stderr) == (0, "")
    table = list(csv.DictReader(io.StringIO(done.stdout.removeprefix("\ufeff"))))
    assert [(row["what"], row["id"]) for row in table] == [
        ("turn", str(turn.id)),
        ("message", str(message.public_id)),
    ]
    assert (table[0]["contact"], table[0]["words"]) == (f"'{ADA}", "'=1+1")
    assert (table[0]["error"], table[1]["error_code"]) == (ERROR, "30003")
    done = run("export", "--format", "jsonl", "--turns")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["contact"] for line in lines] == [ADA, BOB]
    assert lines[0]["failed_at"] == NOW.isoformat()
    first, _ = rows(database, AuditEntry)
    assert (first.action, first.target) == ("export", "failures")
    assert ADA not in json.dumps(first.details)


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["rerun"], 2, "exactly one of"),
        (["rerun", "1", "--all"], 2, "exactly one of"),
        (["rerun", "--contact", "+14155550199"], 1, "There is no contact +14155550199"),
        (["rerun", "nix"], 2, "'nix' is not a valid integer"),
        (["resend", "7"], 2, "'7' is not a valid UUID"),
        (["show", "7"], 1, "There is no such turn."),
        (["show", str(10**30)], 1, "There is no such turn."),
        (["show", "²"], 1, "is neither a turn number nor a message id"),
        (["show", "0198c5a0-7c1e-7a52-9f06-3d1f6b1c2a77"], 1, "There is no such message."),
        (["list", "--after", "0198c5a0-7c1e-7a52-9f06-3d1f6b1c2a77"], 1, "no longer on the list"),
        (["list", "--after", str(2**63)], 1, "There is no such turn."),
        (["skip"], 2, "Missing argument"),
        (["export", "--format", "xml"], 2, "'xml' is not one of"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    run: Run, words: list[str], status: int, said: str
) -> None:
    done = run(*words)
    assert done.exit_code == status
    assert said in done.stderr
    assert done.exception is None or isinstance(done.exception, SystemExit)


def test_without_tables_it_fails(parley: Run) -> None:
    done = parley("failures")
    assert done.exit_code == 1
    assert "run `parley db upgrade`" in done.stderr


def test_words_cannot_steer_a_terminal() -> None:
    assert (
        plain("a\x1b[2J\x07\u202eb\r\n👩\u200d💻 مرحبا")
        == "a\ufffd[2J\ufffd\ufffdb\ufffd\n👩\u200d💻 مرحبا"
    )
