"""What is seen of an install while it works: statuses on their way, secrets in logs."""

from sqlalchemy import update

from pipeline.database import Database
from pipeline.records.core.messages import Message
from proving.faults.monitoring import Statuses, leaks
from tests.builders import a_conversation, a_message


def test_statuses_are_seen_in_the_order_they_came(database: Database) -> None:
    reply = a_message(database, a_conversation(database), direction="outbound", status="sent")
    a_message(database, a_conversation(database), direction="inbound", status="received")
    watch = Statuses(database)
    try:
        for status in ("sent", "delivered", "sent"):
            with database.write() as connection:
                connection.execute(
                    update(Message).where(Message.id == reply.id).values(status=status)
                )
            seen = watch.seen()
    finally:
        watch.close()
    assert seen == {str(reply.public_id): ["sent", "delivered", "sent"]}


def test_logs_with_numbers_texts_or_tokens_are_told() -> None:
    printed = {
        "web-1.log": "all is well\nGET /contacts?q=%2B14155550101 200\n",
        "converse-2.log": "14155550101 is part of 914155550101\nsaid 'where is my quince'",
    }
    secrets = ["+14155550101", "where is my quince", "+14155550199", "n 1", ""]
    assert [leak.partition(" ")[0] for leak in leaks(printed, secrets)] == [
        "web-1.log:2:",
        "converse-2.log:1:",
        "converse-2.log:2:",
    ]


def test_a_number_inside_a_longer_one_is_no_leak() -> None:
    assert leaks({"web-1.log": "id 914155550101"}, ["+14155550101"]) == []
