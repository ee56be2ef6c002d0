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
        "The conversations with their states and last messages, and those that need a person.",
        can_be_empty=True,
    ),
    Seen(
        "conversation",
        "{conversation}",
        "The messages with their delivery status, the state, who answers, and the activity.",
    ),
    Seen(
        "change-many",
        "/conversations/change-state",
        "Bulk state change: changes the state of every conversation that a filter shows.",
        can_be_empty=True,
    ),
    Seen(
        "canned-replies",
        "/canned-replies",
        "Saved replies that operators can insert into any message.",
        can_be_empty=True,
    ),
    Seen(
        "contacts",
        "/contacts",
        "Every contact, with opt-outs and blocked contacts.",
        can_be_empty=True,
    ),
    Seen("contact", "{contact}", "One contact, across all conversations and channels."),
    Seen("file", "{media}", "A warning before you open a file from a contact."),
    Seen(
        "states",
        "/states",
        "The bot's states and transitions, drawn from its code, with the conversations in each.",
        can_be_empty=True,
    ),
    Seen(
        "failures",
        "/failures",
        "Bot errors and undelivered messages, and how to retry them.",
        can_be_empty=True,
    ),
    Seen(
        "simulator",
        "/simulator?phone=%2B14155550132&phone=whatsapp:%2B14155550163",
        "Phones in the browser, with taps, files and a clock that you can advance.",
        can_be_empty=True,
    ),
    Seen(
        "system",
        "/system",
        "Services, queues, and senders with problems.",
        can_be_empty=True,
    ),
    Seen("users", "/users", "The users and their roles."),
    Seen("audit", "/audit", "What operators did, and when.", can_be_empty=True),
    Seen("account", "/account", "Your password and your sessions."),
    Seen("sign-in", "/sign-in", "The sign-in form.", role=None),
    Seen("welcome", "{invitation}", "The page an invitation link opens.", role=None),
    Seen("not-found", "/no-such-page", "The page for an address that does not exist.", status=404),
    Seen(
        "not-allowed",
        "/users",
        "The page for an address your role cannot open.",
        "viewer",
        403,
    ),
)
EMPTY_PAGES = tuple(seen for seen in PAGES if seen.can_be_empty)
