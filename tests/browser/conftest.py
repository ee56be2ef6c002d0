"""Fixtures: one browser for all tests, sites to visit with it, and a fresh context each time.

A test fails when a browser that it used complained of anything that the test did not expect.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

import pytest
from playwright.sync_api import Browser, Page

from proving.faults import EVERYTHING
from proving.faults.contacts import FakeContact, fake_contact
from proving.faults.processes import eventually
from tests.browser import chromium
from tests.browser.chromium import Device, Scheme
from tests.browser.complaints import Complaints
from tests.browser.sample import Sample, fill
from tests.browser.site import Role, Site, a_site
from tests.stack.fixtures import MakeStack
from tests.stack.servers import missing

HERE = Path(__file__).parent


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let one process run all of them, so that the browser and its sites are started once."""
    item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run these last and together: while Playwright is there, no test can run an event loop."""
    items.sort(key=lambda item: HERE in item.path.parents)


class Full(NamedTuple):
    """A site with the sample in it."""

    site: Site
    sample: Sample


class Visit(Protocol):
    """Opens a new browser of somebody with a role (None: a stranger)."""

    def __call__(
        self,
        site: Site,
        role: Role | None = "admin",
        device: Device = "desktop",
        scheme: Scheme = "light",
        *,
        expects: str = "",
        is_bare: bool = False,
    ) -> Page:
        """`expects` is a pattern of complaints that are what the test is about."""


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium."""
    if chromium.where() is None:
        missing(f"no Chromium; {chromium.HOW_TO_INSTALL}", FileNotFoundError("chromium"))
    with chromium.a_browser() as browser:
        yield browser


@pytest.fixture(scope="package")
def live(browser: Browser, make_stack: MakeStack) -> Iterator[Site]:
    """Every process of the Procfile with the template bot, and the fake Twilio."""
    with make_stack("postgresql + redis") as stack:
        stack.start(*EVERYTHING)
        yield Site(stack, browser)


@pytest.fixture(scope="package")
def empty(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A new installation, in simulator mode."""
    with a_site(browser, tmp_path_factory.mktemp("empty")) as site:
        yield site


@pytest.fixture(scope="package")
def full(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Full]:
    """The sample, where nothing moves: no worker runs."""
    with a_site(browser, tmp_path_factory.mktemp("full")) as site:
        yield Full(site, fill(site.database_url))


@pytest.fixture
def visit() -> Iterator[Visit]:
    """Visits of this test; all their browsers are closed at its end."""
    visits: list[tuple[Page, Complaints]] = []

    def visit(
        site: Site,
        role: Role | None = "admin",
        device: Device = "desktop",
        scheme: Scheme = "light",
        *,
        expects: str = "",
        is_bare: bool = False,
    ) -> Page:
        page, complaints = site.visit(role, device, scheme, is_bare=is_bare)
        if expects:
            complaints.expect(expects)
        visits.append((page, complaints))
        return page

    yield visit
    for page, _ in visits:
        page.context.close()
    assert [text for _, complaints in visits for text in complaints.unexpected] == []


@pytest.fixture
def ada(live: Site) -> FakeContact:
    """A contact who has said hi and was answered."""
    person = fake_contact(live.stack)
    person.says("hi")
    eventually(lambda: person.got)
    return person
