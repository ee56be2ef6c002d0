"""`parley failures`: what failed is listed, shown, run and sent again, skipped."""

from datetime import timedelta
from pathlib import Path

from pipeline.database import Database
from pipeline.records.accounts.audit import AuditEntry
from pipeline.records.core.lanes import Lane
from tests.builders import a_contact, a_conversation, a_message, rows
from tests.parley.conftest import Run
from tests.parley.failing import ERROR, NOW, failed, is_notified, parked, resent, statuses
from tests.stage import ADA, BOB


def test_nothing_failed(run: Run) -> None:
    done = run()
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == "Failed turns: 0\nFailed messages: 0\n"


def test_list_has_both_with_words_and_reasons(run: Run, database: Database) -> None:
    contact = a_contact(database, phone=ADA, name="Ada")
    turn = parked(database, text="[b]hello[/b]\x1b[2J")
    message = failed(database, a_conversation(database, contact), body="Your booking")
    for words in ([], ["list"]):
        done = run(*words)
        assert done.exit_code == 0
        assert "Failed turns: 1" in done.stdout
        assert "Failed messages: 1" in done.stdout
        shown = " ".join(done.stdout.split())
        assert f"{turn.id} {ADA} Ada [b]hello[/b]\ufffd[2J" in shown
        assert str(message.public_id) in shown
        assert "RuntimeError: broken" in shown
        assert "The phone is off." in shown
        assert "Traceback" not in shown
        assert "\x1b" not in done.stdout
    assert "Failed messages" not in run("list", "--turns").stdout
    assert "Parked" not in run("list", "--messages").stdout


def test_list_in_pages_and_of_one_contact(run: Run, database: Database) -> None:
    ada = a_conversation(database, a_contact(database, phone=ADA))
    bob = a_conversation(database, a_contact(database, phone=BOB))
    turns = [parked(database, lane) for lane in (ADA, BOB, ADA)]
    sent = [
        failed(database, talk, failed_at=NOW - timedelta(hours=hours))
        for hours, talk in enumerate((ada, bob, ada))
    ]
    first = run("list", "--contact", "+1 415 555 0101", "--limit", "1").stdout
    assert "Failed turns: 2" in first
    assert f"--turns --contact {ADA} --limit 1 --after {turns[0].id}\n" in first
    assert f"--messages --contact {ADA} --limit 1 --after {sent[0].public_id}\n" in first
    rest = run("list", "--contact", ADA, "--after", str(sent[0].public_id)).stdout
    assert "Parked" not in rest
    assert [str(row.public_id) in rest for row in sent] == [False, False, True]
    rest = run("list", "--after", str(turns[0].id)).stdout
    assert [f"\n {row.id} " in rest for row in turns] == [False, True, True]
    assert "Failed messages" not in rest


def test_show_has_the_whole_error(run: Run, database: Database) -> None:
    turn = parked(database, text="hello\nthere")
    shown = run("show", str(turn.id)).stdout
    assert "Status    parked" in shown
    assert "hello\nthere" in shown
    assert shown.endswith(f"\n{ERROR}\n")
    talk = a_conversation(database)
    message = failed(database, talk, status="failed", error_code="21211", error="No such number.")
    shown = run("show", str(message.public_id), BROKER_URL="redis://127.0.0.1:1/0").stdout
    assert "not sent: No such number. (21211)" in shown


def test_turns_run_again_and_the_workers_are_rung(
    run: Run, database: Database, tmp_path: Path
) -> None:
    first, second, third = (parked(database, lane) for lane in (ADA, BOB, ADA))
    done = run("rerun", str(third.id), str(first.id))
    assert (done.exit_code, done.stdout) == (0, "2 turns will be retried.\n")
    assert statuses(database) == ["waiting", "parked", "waiting"]
    assert [row.details.get("kind") for row in rows(database, AuditEntry)] == ["message"] * 2
    assert {row.actor for row in rows(database, AuditEntry)} == {"parley failures"}
    assert {row.key for row in rows(database, Lane)} == {ADA}
    assert is_notified(tmp_path, "converse") or not database.is_sqlite
    done = run("rerun", str(second.id), str(first.id), str(2**63))
    assert (done.exit_code, done.stdout) == (1, "1 turn will be retried. 2 refused.\n")
    assert done.stderr.splitlines() == [
        f"{first.id}: This turn is no longer parked: it has been retried or skipped.",
        f"{2**63}: There is no such turn.",
    ]


def test_turns_of_a_contact_or_all_run_again(run: Run, database: Database) -> None:
    for lane in (ADA, BOB, ADA):
        parked(database, lane)
    assert run("rerun", "--contact", ADA).stdout == "2 turns will be retried.\n"
    assert statuses(database) == ["waiting", "parked", "waiting"]
    assert run("rerun", "--all").stdout == "1 turn will be retried.\n"
    assert run("rerun", "--all").stdout == "0 turns will be retried.\n"


def test_broker_that_is_away_is_said(run: Run, database: Database) -> None:
    parked(database)
    done = run("rerun", "--all", BROKER_URL="redis://127.0.0.1:1/0")
    assert (done.exit_code, statuses(database)) == (0, ["waiting"])
    assert done.stderr == "The broker is not reachable; the clock will wake the workers.\n"


def test_messages_are_sent_again_in_their_order(
    run: Run, database: Database, tmp_path: Path
) -> None:
    talk = a_conversation(database)
    made = [
        failed(database, talk, body=f"{number}", failed_at=NOW - timedelta(hours=number))
        for number in range(4)
    ]
    done = run("resend", str(made[2].public_id), str(made[0].public_id))
    assert (done.exit_code, done.stdout) == (0, "2 messages will be sent again.\n")
    assert resent(database) == ["0", "2"]
    assert is_notified(tmp_path, "dispatch") or not database.is_sqlite
    assert run("resend", "--all").stdout == "2 messages will be sent again.\n"
    assert resent(database) == ["0", "2", "1", "3"]
    assert [row.action for row in rows(database, AuditEntry)] == ["retry"] * 4


def test_message_that_is_refused_says_why(run: Run, database: Database) -> None:
    ada = a_contact(database, phone=ADA, is_blocked=True)
    other = failed(database, a_conversation(database, ada))
    good = failed(database, a_conversation(database, a_contact(database, phone=BOB)), body="good")
    done = run("resend", "--all")
    assert (done.exit_code, done.stdout) == (1, "1 message will be sent again. 1 refused.\n")
    assert done.stderr.startswith(f"{other.public_id}: ")
    assert "blocked" in done.stderr
    assert resent(database) == ["good"]
    assert run("resend", "--contact", BOB).stdout == "0 messages will be sent again.\n"
    # Twice is one message.
    assert run("resend", str(good.public_id)).exit_code == 0
    assert resent(database) == ["good"]


def test_turns_are_skipped_and_messages_dismissed(run: Run, database: Database) -> None:
    turn, talk = parked(database), a_conversation(database)
    message, heard = failed(database, talk), a_message(database, talk)
    assert run("skip", str(turn.id)).stdout == "1 turn skipped.\n"
    assert statuses(database) == ["ignored"]
    done = run("skip", str(turn.id))
    assert (done.exit_code, done.stdout) == (1, "0 turns skipped. 1 refused.\n")
    assert run("dismiss", str(message.public_id)).stdout == "1 message dismissed.\n"
    assert run("dismiss", str(heard.public_id)).exit_code == 1
    assert run().stdout == "Failed turns: 0\nFailed messages: 0\n"
