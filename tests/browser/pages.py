"""Every page there is to see, by name: what the checks and the pictures go through."""

from dataclasses import asdict, dataclass

from tests.browser.sample import Sample
from tests.browser.site import Role


@dataclass(frozen=True, slots=True)
class Seen:
    """A page as somebody with this role (None: a stranger) sees it.

    `path` may name what only the sample has; `status` is what the server answers with.
    `can_be_empty` says that a new installation shows something else there.
    """

    name: str
    path: str
    about: str
    role: Role | None = "admin"
    status: int = 200
    can_be_empty: bool = False

    @property
    def title(self) -> str:
        """What the docs call it."""
        return self.name.replace("-", " ").capitalize()

    def address(self, sample: Sample | None) -> str:
        """The path; without a sample the bare page."""
        return self.path.format_map(asdict(sample)) if sample else self.path.partition("?")[0]


PAGES = (
    Seen(
        "conversations",
        "/conversations",
        "Who is talking, in which state, what was said last, and what needs somebody.",
        can_be_empty=True,
    ),
    Seen(
        "conversation",
        "{conversation}",
        "What was said and what became of it, the state, who holds it, and why things changed.",
    ),
    Seen(
        "change-many",
        "/conversations/change-state",
        "The state of everything that a filter shows, changed at once after counting.",
        can_be_empty=True,
    ),
    Seen(
        "canned-replies",
        "/canned-replies",
        "Texts that operators send often.",
        can_be_empty=True,
    ),
    Seen(
        "contacts",
        "/contacts",
        "Everybody who ever wrote, and whom nobody may write to.",
        can_be_empty=True,
    ),
    Seen("contact", "{contact}", "One contact across all conversations and channels."),
    Seen("file", "{media}", "A file that came from elsewhere is named before it is opened."),
    Seen(
        "states",
        "/states",
        "The bot's states and moves, drawn from its code, with what is in each now.",
        can_be_empty=True,
    ),
    Seen(
        "failures",
        "/failures",
        "Turns that failed every time and messages that were not sent, with what can be done.",
        can_be_empty=True,
    ),
    Seen(
        "simulator",
        "/simulator?phone=%2B14155550132&phone=whatsapp:%2B14155550163",
        "Phones in the browser, with taps, files and a clock that can be turned on.",
        can_be_empty=True,
    ),
    Seen(
        "system",
        "/system",
        "What runs, what waits and for how long, and which sender is in trouble.",
        can_be_empty=True,
    ),
    Seen("users", "/users", "Who may do what."),
    Seen("audit", "/audit", "Who did what by hand.", can_be_empty=True),
    Seen("account", "/account", "One's own password and browsers."),
    Seen("sign-in", "/sign-in", "The door.", role=None),
    Seen("welcome", "{invitation}", "Where an invitation leads.", role=None),
    Seen("not-found", "/no-such-page", "An address that leads nowhere.", status=404),
    Seen("not-allowed", "/users", "A page that one's role does not open.", "viewer", 403),
)
EMPTY_PAGES = tuple(seen for seen in PAGES if seen.can_be_empty)
