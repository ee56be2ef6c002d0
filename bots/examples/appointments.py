"""Books visits at a hairdresser's: typed data, questions, a flow, going back, nudge and timeout.

Talk to it: BOT=bots.examples.appointments:bot parley chat
"""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from pipeline.botkit import (
    Bot,
    Buttons,
    Date,
    Email,
    Flow,
    Menu,
    Name,
    NotUnderstood,
    OneOf,
    Phone,
    Row,
    Template,
    Turn,
)

# "Tomorrow" means tomorrow in the salon's time zone, not the server's.
ZONE = ZoneInfo("Europe/Dublin")
SATURDAY, SUNDAY = 5, 6
SERVICES = {"cut": "Haircut", "colour": "Colour", "beard": "Beard trim"}
TIMES = Menu(
    {
        "Morning": {"09:00": Row("9:00", "quiet"), "10:30": "10:30"},
        "Afternoon": {"14:00": "2 pm", "16:30": "4:30 pm"},
    },
    button="See times",
)
# After 24 hours WhatsApp only delivers approved templates. Put your own ContentSid here.
REMINDER_SID = "HX" + "0" * 32


# Every field needs a default, because a conversation starts without data.
class Booking(BaseModel):
    """The answers so far."""

    service: str = ""
    day: date | None = None
    at: str = ""
    name: str = ""
    reach: str = ""

    @property
    def text(self) -> str:
        """The visit as text."""
        day = f"{self.day:%A %d %B}" if self.day else ""
        return f"{SERVICES.get(self.service, 'Visit')} on {day} at {self.at}"


def from_older_data(stored: dict[str, Any]) -> dict[str, Any]:
    """Renames `email` to `reach` in conversations that an older version of this bot started."""
    if "email" in stored:
        stored["reach"] = stored.pop("email")
    return stored


bot = Bot("appointments", start="service", data=Booking, migrate=from_older_data)
# Conversations stored in the old state continue in the new one.
bot.renamed("choose_service", "service")

# The start state is a question, so the bot answers the first message with it, whatever it says.
WELCOME = "Welcome! What shall we do for you?"
bot.asks("service", WELCOME, OneOf(SERVICES), into="service", then="day")


# This runs after the reader has stored the answer in turn.data. Raising NotUnderstood makes it a
# wrong answer: the bot sends the reason and asks again.
@bot.asks(
    "day",
    'Which day suits you? For example "24 June" or "tomorrow".',
    Date(timedelta(days=1), timedelta(days=60), order="dmy", zone=ZONE),
    into="day",
    then="time",
    nudge_after=timedelta(minutes=20),
    nudge='I am still here. Which day suits you? Or write "back".',
    tries=4,
    give_up="call_us",
)
def day(turn: Turn[Booking], _value: str) -> None:
    if turn.data.day and turn.data.day.weekday() == SUNDAY:
        raise NotUnderstood("We are closed on Sundays.")


@bot.asks("time", "At what time?", OneOf(TIMES), into="at")
async def at_time(turn: Turn[Booking], value: str) -> str:
    if not await is_free(turn.data.day, value):
        raise NotUnderstood("We close at noon on Saturdays.")
    return turn.call(contact, then="confirm")


async def is_free(on: date | None, at: str) -> bool:
    """Ask your calendar here; async, so that a slow one does not hold up other contacts."""
    return on is None or on.weekday() != SATURDAY or at < "12:00"


# A flow is a set of states that several states can call. Its result is available in `then`.
contact = Flow("contact", start="name")
contact.asks("name", "What is your name?", Name(), into="name", then="way")


@contact.asks(
    "way", "How shall we remind you?", OneOf(email="By e-mail", phone="By phone", here="Right here")
)
def way(turn: Turn[Booking], value: str) -> str:
    return turn.done("here") if value == "here" else value


@contact.asks("email", "To which address?", Email())
def email(turn: Turn[Booking], value: str) -> str:
    return turn.done(value)


@contact.asks("phone", "At which number?", Phone("IE"))
def phone(turn: Turn[Booking], value: str) -> str:
    return turn.done(value)


bot.include(contact)


def summary(turn: Turn[Booking]) -> str:
    # The result of a flow is only available for one turn, so store it now.
    turn.data.reach = turn.result or turn.data.reach
    return f"{turn.data.text} for {turn.data.name}. Shall I book that?"


@bot.asks(
    "confirm",
    summary,
    OneOf(yes="Yes", change="Another day"),
    timeout=timedelta(hours=2),
    on_timeout="let_go",
)
def confirm(_turn: Turn[Booking], value: str) -> str:
    return "book" if value == "yes" else "day"


# After end() the contact's next message starts a new conversation, without the old answers.
@bot.sends("let_go")
def let_go(turn: Turn[Booking]) -> None:
    turn.say("I have not booked anything, as you did not reply. Write to me at any time.")
    turn.end()


@bot.sends("book", then="booked")
def book(turn: Turn[Booking]) -> None:
    turn.say(f"Booked: {turn.data.text}. I will write to you the day before.")
    wait = starts_at(turn.data) - timedelta(days=1) - turn.now
    # Less than a day before the visit no reminder is needed.
    if wait > timedelta(0):
        turn.remind(wait, "day_before")


def starts_at(booking: Booking) -> datetime:
    return datetime.combine(booking.day or date.max, time.fromisoformat(booking.at), ZONE)


@bot.sends("day_before", then="booked")
def day_before(turn: Turn[Booking]) -> None:
    filled = {"1": turn.data.name, "2": turn.data.text}
    turn.say(Template(REMINDER_SID, filled, preview="Hello {{1}}, see you soon: {{2}}."))


@bot.awaits("booked", to=["day", "service"])
def booked(turn: Turn[Booking]) -> str | None:
    if turn.picked("move") or turn.says("change", "move", "another day"):
        return "day"
    if turn.picked("new") or turn.says("new", "book"):
        return "service"
    turn.say(f"You have: {turn.data.text}.", Buttons(move="Another day", new="A new visit"))
    return None


@bot.sends("call_us", then="called")
def call_us(turn: Turn[Booking]) -> None:
    # The bot is paused from here until an operator hands the conversation back.
    turn.hand_over("could not give a day")
    turn.say("Let us find a day together: a colleague will write to you here.")


@bot.awaits("called")
def called(_turn: Turn[Booking]) -> str:
    return "service"


# Commands work in every state; the kit remembers the states that came before.
@bot.command("back")
def back(turn: Turn[Booking]) -> str:
    return turn.back()
