"""Shows the status of an order: a look-up, a custom reader, and every kind of file.

Talk to it: BOT=bots.examples.orders:bot parley chat (there are orders 1001, 1002 and 1003)
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from pipeline.botkit import (
    Answer,
    Audio,
    Bot,
    Buttons,
    Card,
    Carousel,
    Document,
    Image,
    Link,
    NotUnderstood,
    Reader,
    Template,
    Turn,
)

SHOP = "https://shop.example.com"
# Your approved template; after 24 hours WhatsApp delivers nothing else.
SHIPPED_SID = "HX" + "1" * 32


@dataclass(frozen=True, slots=True)
class Order:
    """One order, as your shop's system returns it."""

    item: str
    status: str
    photo: str


# Replace this with your shop's database.
ORDERS: Mapping[str, Order] = {
    "1001": Order("Blue mug", "packing", f"{SHOP}/photos/mug.jpg"),
    "1002": Order("Desk lamp", "shipped", f"{SHOP}/photos/lamp.jpg"),
    "1003": Order("Wool blanket", "delivered", f"{SHOP}/photos/blanket.jpg"),
}
CARE = Carousel(
    [
        Card("Mug", "Dishwasher safe.", image=f"{SHOP}/care/mug.jpg", buttons={"mug": "Mug care"}),
        Card("Wool", "Wash cold.", image=f"{SHOP}/care/wool.jpg", buttons={"wool": "Wool care"}),
    ]
)
NEXT = Buttons(damage="It is damaged", care="How to care", other="Another order")

# After a day it is probably about something else, so a new conversation starts.
bot = Bot("orders", start="ask_number", expires_after=timedelta(days=1))


async def find_order(number: str) -> Order | None:
    """Ask your shop here; async, so that a slow one does not hold up other contacts."""
    return ORDERS.get(number)


# A custom reader returns the value of an answer, or raises NotUnderstood with what to reply.
class OrderNumber(Reader[str]):
    """Four digits anywhere in the answer: "1001", "#1001", "my order 1001, please"."""

    def understand(self, answer: Answer) -> str:
        found = re.findall(r"(?<!\d)\d{4}(?!\d)", answer.text, re.ASCII)
        if len(found) != 1:
            raise NotUnderstood("An order number has four digits.")
        return str(found[0])


@bot.asks(
    "ask_number",
    "What is the number of your order? You find it in our e-mail.",
    OrderNumber(),
    into="number",
    tries=4,
    give_up="no_number",
)
async def ask_number(_turn: Turn, value: str) -> str:
    if await find_order(value) is None:
        raise NotUnderstood(f"I find no order {value}.")
    return "show"


@bot.sends("no_number", then="looked_for")
def no_number(turn: Turn) -> None:
    # The bot is paused from here until an operator hands the conversation back.
    turn.hand_over("does not find the order number")
    turn.say("Never mind, a colleague will look for it and answer you here.")


@bot.awaits("looked_for")
def looked_for(_turn: Turn) -> str:
    return "ask_number"


@bot.sends("show", then="order")
async def show(turn: Turn) -> None:
    number = turn.data["number"]
    order = await find_order(number)
    if order is None:  # deleted since the contact gave its number
        turn.say(f"Order {number} is no longer in our books.", NEXT)
    elif order.status == "packing":
        turn.remind(timedelta(days=1), "shipped")
        photo = Image(order.photo, f"{order.item}: we are packing it. I will write when it leaves.")
        turn.say(photo, "Anything else?", NEXT)
    elif order.status == "shipped":
        track = Link(f"{SHOP}/track/{number}", "Track it")
        # One message cannot carry a link and choices, so each follows a text of its own.
        turn.say(f"{order.item}: on its way to you.", track, "Anything else?", NEXT)
    else:
        bill = Document(f"{SHOP}/bills/{number}.pdf", "bill.pdf", f"{order.item}: it has arrived.")
        turn.say(bill, "Anything else?", NEXT)


@bot.sends("shipped", then="order")
def shipped(turn: Turn) -> None:
    said = "Order {{1}} leaves us today."
    turn.say(Template(SHIPPED_SID, {"1": turn.data["number"]}, preview=said))


@bot.awaits("order", to=["damage", "care", "ask_number"])
def order_known(turn: Turn) -> str | None:
    # A photo at this point is a report of damage.
    if turn.message.media:
        return report(turn)
    if turn.picked("damage") or turn.says("damaged", "broken"):
        return "damage"
    if turn.picked("care") or turn.says("care", "wash"):
        return "care"
    if turn.picked("other") or turn.says("other", "another"):
        return "ask_number"
    turn.say(f"This is about order {turn.data['number']}.", NEXT)
    return None


@bot.awaits(
    "damage",
    to=["order"],
    entry="I am sorry! Please send a photo of it.",
    nudge_after=timedelta(hours=1),
    nudge="A photo of the damage helps us to replace it quickly.",
)
def damage(turn: Turn) -> str | None:
    if turn.message.media:
        return report(turn)
    if turn.says("no photo", "cannot"):
        turn.hand_over(f"order {turn.data['number']} is damaged, no photo")
        turn.say("That is fine. A colleague will ask you about it here.")
        return "order"
    turn.say('I need a photo, or write "no photo".')
    return None


def report(turn: Turn) -> str | None:
    photos = [file.url for file in turn.message.media]
    turn.data["photos"] = [*turn.data.get("photos", []), *photos]
    turn.hand_over(f"order {turn.data['number']} is damaged: {turn.message.text or 'see photo'}")
    turn.say("Thank you, I have it. A colleague will look at it and answer you here.")
    return "order"


@bot.awaits("care", to=["order"], entry=("What is it about?", CARE))
def care(turn: Turn) -> str | None:
    if turn.picked("mug"):
        turn.say(Image(f"{SHOP}/care/mug-steps.jpg", "No steel wool."), "And now?", NEXT)
    elif turn.picked("wool"):
        turn.say("Listen to this:", Audio(f"{SHOP}/care/wool.mp3"), "And now?", NEXT)
    else:
        turn.say('Please pick one, or write "order".', CARE)
        return "order" if turn.says("order") else None
    return "order"
