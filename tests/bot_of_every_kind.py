"""A bot for journeys: it says the kind that is asked for, and tells what it heard."""

from collections.abc import Mapping

from pipeline.botkit import (
    Audio,
    Bot,
    Buttons,
    Card,
    Carousel,
    Content,
    Document,
    Image,
    Link,
    LocationRequest,
    Menu,
    Row,
    Template,
    Turn,
)

FILES = "https://files.example.com/"
TEMPLATE = "HX" + "e" * 32
CAROUSEL = "HX" + "c" * 32
CARDS = [
    Card("Hat", "Blue felt", image=f"{FILES}hat.jpg", buttons={"hat": "Buy"}),
    Card("Bag", image=f"{FILES}bag.jpg", buttons={"bag": "Buy"}),
]
SAID: Mapping[str, Content] = {
    "image": Image(f"{FILES}a.jpg", "A picture"),
    "document": Document(f"{FILES}a.pdf", "a.pdf"),
    "audio": Audio(f"{FILES}a.ogg"),
    "buttons": Buttons(yes="Yes", no="No"),
    "many buttons": Buttons({f"day{n}": f"Day {n}" for n in range(1, 6)}),
    "menu": Menu({"Morning": {"9": Row("Nine", "early")}, "Evening": {"18": "Six"}}),
    "link": Link("https://shop.example.com/orders/7", "Track it"),
    "place": LocationRequest("Where are you?"),
    "cards": Carousel(CARDS),
    "approved cards": Carousel(CARDS, content_sid=CAROUSEL),
    "template": Template(TEMPLATE, {"1": "Ada"}, preview="Hi {{1}}!"),
}

bot = Bot("every kind", start="start")


@bot.awaits("start")
def start(turn: Turn) -> None:
    message = turn.message
    if message.button_id:
        turn.say(f"picked {message.button_id}")
    elif message.location:
        turn.say(f"at {message.location.latitude} {message.location.label}")
    elif message.media:
        turn.say(f"{message.kind} {message.media[0].content_type}")
    else:
        turn.say("Well?", SAID[message.text])
