"""A running dashboard and its people, each of whom signs in once and has many browsers."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, StorageState, expect

from pipeline import accounts
from pipeline.database import Database
from pipeline.records import upgrading
from proving.faults import Stack
from proving.faults.contacts import FakeContact
from proving.faults.fake_twilio import FakeTwilio
from tests.browser.chromium import Device, Scheme, a_context
from tests.browser.complaints import Complaints

Role = Literal["viewer", "operator", "admin"]
PASSWORD = "seven green lamps in the hall"


@dataclass(slots=True)
class Site:
    """The web process of a stack, whatever else runs of it, and the browser to visit it with."""

    stack: Stack
    browser: Browser
    _signed_in: dict[str, StorageState] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where it is, without a path."""
        return self.stack.url

    @property
    def database_url(self) -> str:
        """Its database, for who fills it."""
        return self.stack.environment["DATABASE_URL"]

    def visit(
        self,
        role: Role | None = "admin",
        device: Device = "desktop",
        scheme: Scheme = "light",
        *,
        is_bare: bool = False,
    ) -> tuple[Page, Complaints]:
        """A new browser of somebody with this role (None: a stranger), and what it complains of."""
        signed_in = self._pass_of(role) if role else None
        context = a_context(self.browser, device, scheme, signed_in=signed_in, is_bare=is_bare)
        complaints = Complaints.of(context)
        return context.new_page(), complaints

    def add_user(self, email: str, role: Role) -> None:
        """Make a user with PASSWORD."""
        database = Database(self.database_url)
        accounts.add_user(database, email, role, PASSWORD, actor="tests")
        database.close()

    def sign_in(self, page: Page, email: str) -> None:
        """Fill in the form that a stranger is led to."""
        page.goto(f"{self.url}/sign-in")
        page.get_by_label("E-mail").fill(email)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page).not_to_have_url(re.compile("/sign-in"))

    def _pass_of(self, role: Role) -> StorageState:
        if role not in self._signed_in:
            self.add_user(email_of(role), role)
            context = a_context(self.browser)
            self.sign_in(context.new_page(), email_of(role))
            self._signed_in[role] = context.storage_state()
            context.close()
        return self._signed_in[role]


def email_of(role: Role) -> str:
    """The user with this role that `visit` signs in."""
    return f"{role}-1@example.com"


def open_talk(page: Page, site: Site, person: FakeContact) -> None:
    """Go to the conversation of somebody who wrote."""
    page.goto(f"{site.url}/conversations/{person.conversation['id']}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()


@contextmanager
def a_site(browser: Browser, folder: Path, **settings: str) -> Iterator[Site]:
    """The web process alone, in simulator mode, on a new SQLite database in `folder`."""
    url = f"sqlite:///{folder}/parley.db"
    database = Database(url)
    with database.write() as connection:
        upgrading.upgrade(connection)
    database.close()
    with FakeTwilio() as fake:
        given = {"PROVIDER": "simulator", "PUBLIC_URL": "", **settings}
        stack = Stack(folder, fake, database_url=url, broker_url="", **given)
        try:
            process = stack.run("web", "parley", "web", "--workers", "1")
            stack.wait_until_ready("web", process)
            yield Site(stack, browser)
        finally:
            stack.stop()
