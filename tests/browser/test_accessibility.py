"""Nobody is kept out: axe finds nothing on any page, light and dark, wide and narrow."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.browser.axe import violations
from tests.browser.chromium import DEVICES, SCHEMES, SIZES
from tests.browser.conftest import Full, Visit
from tests.browser.pages import EMPTY_PAGES, PAGES, Seen
from tests.browser.site import Site

of_every_page = pytest.mark.parametrize("seen", PAGES, ids=lambda seen: seen.name)
of_every_empty_page = pytest.mark.parametrize("seen", EMPTY_PAGES, ids=lambda seen: seen.name)


@of_every_page
def test_full_pages_keep_nobody_out(seen: Seen, full: Full, visit: Visit) -> None:
    page = visit(full.site, seen.role, expects=f"^{seen.status}: GET")
    assert go(page, full.site.url + seen.address(full.sample)) == seen.status
    assert list(everywhere(page)) == []


@of_every_empty_page
def test_empty_pages_keep_nobody_out(seen: Seen, empty: Site, visit: Visit) -> None:
    page = visit(empty, seen.role, expects=f"^{seen.status}: GET")
    assert go(page, empty.url + seen.path) == seen.status
    assert list(everywhere(page)) == []


def go(page: Page, address: str) -> int:
    answer = page.goto(address)
    assert answer
    return answer.status


def everywhere(page: Page) -> Iterator[str]:
    """What is wrong on every device in every scheme, and where a page is too wide."""
    for device in DEVICES:
        page.set_viewport_size(SIZES[device])
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            yield from (f"{device}, {scheme}: {found}" for found in violations(page))
        width = page.evaluate("document.scrollingElement.scrollWidth")
        if width > SIZES[device]["width"]:
            yield f"{device}: {width} px wide"
