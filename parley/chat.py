"""`parley chat`: talk to the bot in the terminal, through the same inbox, turns and outbox.

Next to `parley up` or other workers it writes and listens only: they run the turns, with their copy
of the bot. Without any, it runs the turns itself.
"""

import logging
import sys
import threading
import time

import click

from parley.db import to_head
from pipeline import logs
from pipeline.database import Database
from pipeline.enums import PENDING
from pipeline.errors import SettingsError
from pipeline.messages import Channel, Inbound
from pipeline.providers.addresses import on_channel, typed
from pipeline.providers.base import Webhook
from pipeline.queries import progress, queues
from pipeline.receive import Receiver
from pipeline.records.core import contacts
from pipeline.records.core.messages import MessageRow
from pipeline.runtime import Runtime, build
from pipeline.settings import Settings
from pipeline.wakeups import Notify, Pool
from workers.inline import InlineWorker
from workers.notifier import Notifier

_SEPARATE = "sqlite:///var/chat.db"
_POLL_SECONDS = 0.05
_IDLE_SECONDS = 0.3


class Chat:
    """The contact's side of a conversation in the terminal."""

    def __init__(self, runtime: Runtime, notify: Notify, address: str) -> None:
        self._runtime = runtime
        self._receiver = Receiver(
            runtime.database, notify, marked=runtime.bot.marked, patience_seconds=10
        )
        self._address = address
        self._key = self._inbound("hello").contact_key
        self._lock = threading.Lock()
        self._seen = 0
        self._seen = max((row.id for row in self._new_messages()), default=0)

    def write(self, text: str) -> None:
        """Send a message to the bot, and print replies until its turn has ended."""
        message = self._inbound(text)
        self._receiver.inbound(message, self._form(text))
        deadline = time.monotonic() + self._runtime.settings.turn_limit_seconds + 5
        while not self._is_answered(message.provider_id):
            if time.monotonic() > deadline:
                click.echo("(no reply yet)")
                return
            time.sleep(_POLL_SECONDS)
            self.show()

    def show(self) -> bool:
        """Print new messages of the bot; False while one is still being sent."""
        with self._lock:
            for row in self._new_messages():
                if row.status in PENDING:
                    return False
                mark = f" ({row.status}: {row.error})" if row.error else ""
                files = [file["url"] if isinstance(file, dict) else file for file in row.media]
                click.echo("bot: " + "\n     ".join([*files, *_lines(row)]) + mark)
                self._seen = row.id
        return True

    def _is_answered(self, provider_id: str) -> bool:
        with self._runtime.database.read() as connection:
            entry = progress.of_inbound(connection, self._runtime.provider.name, provider_id)
        if entry.error:
            reason = entry.error.strip().splitlines()[-1]
            click.echo(f"(turn failed, attempt {entry.attempts}: {reason})")
            return True
        return entry.status != "waiting" and self.show()

    def _new_messages(self) -> list[MessageRow]:
        with self._runtime.database.read() as connection:
            contact = contacts.of_key(connection, self._key)
            return progress.said_after(connection, contact.id, self._seen) if contact else []

    def _inbound(self, text: str) -> Inbound:
        return self._runtime.provider.inbound(Webhook("", self._form(text), {}, {}))

    def _form(self, text: str) -> dict[str, list[str]]:
        return {"From": [self._address], "Body": [text]}


@click.command(epilog="Example: printf 'hi\\n1\\n' | parley chat --from +15550142")
@click.option("--from", "number", default="+15550142", show_default=True, help="Your number.")
@click.option("--channel", type=click.Choice(["sms", "whatsapp"]), default="sms", show_default=True)
@click.option("--bot", "path", help="The bot, as module:name. Default: the one that runs, or BOT.")
def chat(number: str, channel: Channel, path: str | None) -> None:
    """Talk to the bot here, without a provider account. /quit or Ctrl-D leaves.

    Answer a numbered list with a number. If workers run, such as those of `parley up`, they answer
    with their bot. With a real PROVIDER the conversation is stored separately, in var/chat.db, so
    that none of your contacts get a message.
    """
    number = typed(number, force=True)
    settings = _settings({"bot": path} if path else {})
    logs.configure(settings.log_format, level=logging.ERROR)
    to_head(settings)
    told = settings.bot if "bot" in settings.model_fields_set else ""
    running = _running(settings, told)
    runtime = build(settings, application="parley chat", needs_bot=not running)
    turns = Turns(runtime, told, is_running=bool(running))
    try:
        session = Chat(runtime, turns.notify, on_channel(channel, number))
        name = running or runtime.bot.name
        click.echo(f"You are {number} on {channel}, talking to {name}. /quit leaves.")
        _listen(session, turns)
    finally:
        turns.close()
        runtime.database.close()


class Turns:
    """Has turns run by the workers that are alive or, without any, by this process.

    Two copies of a bot would answer by turns, and an edited one with a state that the other lacks.
    """

    def __init__(self, runtime: Runtime, told: str, *, is_running: bool) -> None:
        self._runtime = runtime
        self._told = told
        self._notifier = Notifier(runtime.settings)
        self._worker = None if is_running else InlineWorker(runtime)

    def notify(self, pool: Pool) -> None:
        """Wake what runs the turns."""
        if self._worker is None:
            self._notifier.notify(pool)
        else:
            self._worker.notify(pool)

    def leave_to_workers(self) -> None:
        """Stop running turns here if workers have been started meanwhile."""
        if self._worker is not None and (running := _running(self._runtime.settings, self._told)):
            self.close()
            click.echo(f"(Workers were started: {running} answers from now on.)")

    def close(self) -> None:
        """Run no more turns here."""
        if self._worker is not None:
            self._worker.close()
            self._worker = None


def _running(settings: Settings, told: str) -> str:
    """The bot that live workers run, "" without workers.

    Raises SettingsError if it is another one than the author named.
    """
    database = Database(settings.database_url, application="parley chat")
    try:
        with database.read() as connection:
            bots = queues.running_bots(connection, database.now(connection))
    finally:
        database.close()
    others = sorted(bots - {told, ""})
    if told and others:
        raise SettingsError(
            f"The workers run {others[0]}, so {told} can't answer here. Stop them first, start "
            f"them with BOT={told}, or chat without --bot and BOT to talk to {others[0]}."
        )
    return next(iter(others), told or settings.bot) if bots else ""


def _lines(row: MessageRow) -> list[str]:
    """The lines of a message, with its choices numbered."""
    text = row.content.get("plain") or row.body
    choices = row.content.get("choices", ()) if "content_sid" in row.content else ()
    numbers = [f"{choice['number']}. {choice['title']}" for choice in choices]
    return [*text.splitlines(), *numbers]


def _settings(given: dict[str, str]) -> Settings:
    settings = Settings.load(provider="simulator", **given)
    try:
        is_real = Settings.load().provider != "simulator"
    except SettingsError:
        # All other settings are valid, so those of a real provider are missing.
        is_real = True
    if is_real:
        click.echo(f"A real PROVIDER is set, so this is stored separately, in {_SEPARATE}.")
        separate = {"database_url": _SEPARATE, "broker_url": "", **given}
        return Settings.load(provider="simulator", **separate)
    return settings


def _listen(chat: Chat, turns: Turns) -> None:
    """Send each line, and print reminders as they come."""
    threading.Thread(target=_show_reminders, args=[chat], daemon=True).start()
    while True:
        try:
            line = input("you: ").strip()
        except (EOFError, KeyboardInterrupt):
            click.echo()
            return
        if not sys.stdin.isatty():
            click.echo(line)
        if line == "/quit":
            return
        if line:
            turns.leave_to_workers()
            chat.write(line)


def _show_reminders(chat: Chat) -> None:
    while True:
        time.sleep(_IDLE_SECONDS)
        chat.show()
