"""One of each kind that a bot can say, and what of it travels as JSON."""

from pipeline.botkit import (
    Audio,
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
)

URL = "https://example.com/a"
SID = "HX" + "0" * 32
YES = Buttons(yes="Yes")
LIST = "1. Yes\nPick"
OFFERED = {"choices": [{"number": 1, "id": "yes", "title": "Yes"}]}
TAPPED = {**OFFERED, "taps": "buttons", "plain": f"a\n\n{LIST}"}
FOUR = Buttons({f"id{n}": f"Title {n}" for n in range(1, 5)})
MENU = Menu({"am": {"9": Row("Nine", "early")}, "pm": {"18": "Six"}}, button="Times")
MENU_LIST = "am\n1. Nine: early\n\npm\n2. Six\nPick"
MENU_CHOICES = [
    {"number": 1, "id": "9", "title": "Nine", "description": "early", "section": "am"},
    {"number": 2, "id": "18", "title": "Six", "section": "pm"},
]
LINK = Link(URL, "Open")
OPEN = {"link": {"url": URL, "title": "Open"}}
ASK = LocationRequest("Where?", attach="Clip", write="Write")
CARDS = Carousel(
    [
        Card("Hat", "Blue", image=f"{URL}1", buttons={"hat": "Buy"}),
        Card("Bag", image=f"{URL}2", buttons={"bag": "Buy"}),
    ]
)
HAT = {"number": 1, "id": "hat", "title": "Hat: Buy"}
BAG = {"number": 2, "id": "bag", "title": "Bag: Buy"}
SHOWN = Carousel(
    [Card(title, image=URL, link=LINK) for title in ("Hat", "Bag")],
)
TEMPLATE = Template(SID, {"1": "Ada"}, preview="Hi {{1}}!")

SAMPLES: dict[type, Content] = {
    str: "a",
    Image: Image(URL, "b"),
    Document: Document(URL),
    Audio: Audio(URL),
    Buttons: YES,
    Menu: MENU,
    Link: LINK,
    LocationRequest: ASK,
    Carousel: CARDS,
    Template: TEMPLATE,
}
