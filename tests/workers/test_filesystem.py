"""The embedded broker's folder is damaged while it is in use: rings are lost, nobody is hurt."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import Celery

from pipeline.settings import Settings
from workers import broker

HALF = ("", "{", "[]", "null", '"x"', "\x00", '{"body": "x"}', '{"headers": {}, "properties": {}}')


@pytest.fixture
def app(tmp_path: Path) -> Celery:
    """Celery on the embedded broker in `tmp_path / broker`."""
    made = Celery("test", set_as_current=False)
    made.config_from_object("celeryconfig")
    url = f"sqlite:///{tmp_path}/parley.db"
    made.conf.update(broker.address(Settings.model_construct(database_url=url, broker_url="")))
    return made


@pytest.fixture
def channel(app: Celery) -> Iterator[Any]:
    """A link to it that listens for rings of converse."""
    with app.connection_for_write() as connection:
        channel = connection.default_channel
        app.amqp.queues["converse"](channel).declare()
        yield channel


def notify(app: Celery) -> None:
    app.send_task("converse.turns", queue="converse", retry=False)


def heard(channel: Any) -> str:
    """The task that is rung for, "" if there is none."""
    message = channel.basic_get("converse", no_ack=True)
    return message.headers["task"] if message else ""


def test_half_written_files_are_passed_over(app: Celery, channel: Any, tmp_path: Path) -> None:
    for number, text in enumerate(HALF):
        (tmp_path / "broker" / f"0_{number}.converse.msg").write_text(text)
    notify(app)
    assert heard(channel) == "converse.turns"
    assert heard(channel) == ""


def test_a_folder_that_is_gone_comes_back(app: Celery, channel: Any, tmp_path: Path) -> None:
    notify(app)
    shutil.rmtree(tmp_path / "broker")
    assert channel.queue_declare(queue="converse").message_count == 0
    assert heard(channel) == ""
    shutil.rmtree(tmp_path / "broker")
    notify(app)
    assert heard(channel) == "converse.turns"


def test_the_list_of_queues_cannot_be_damaged(app: Celery, channel: Any, tmp_path: Path) -> None:
    control = tmp_path / "broker" / "control"
    control.mkdir(exist_ok=True)
    (control / "converse.exchange").write_text("[[")
    notify(app)
    assert heard(channel) == "converse.turns"
