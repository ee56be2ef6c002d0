"""Whatever a stranger says is text: it runs nothing, hides nothing, and breaks no page's width."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.chromium import DEVICES, SIZES
from tests.browser.conftest import Visit
from tests.browser.hostile import TEXTS, Said, say_everything
from tests.browser.pages import PAGES, Seen
from tests.browser.site import Site, a_site

# What only a text that became a part of the page could bring, wherever it is.
FOREIGN = """() => {
  const names = /^(base|embed|frame|iframe|img|math|mglyph|mtext|object|style)$/i;
  const isOurs = (address) => address.startsWith(location.origin + "/static/");
  const isSafe = (address) => /^(https?:|[/#?])/i.test(address);
  const isBad = ({ name, value }) =>
    /^on|^(data-hx-on|style)$/i.test(name)
    || (/^(action|formaction|href|src|xlink:href)$/i.test(name) && !isSafe(value));
  return [...document.querySelectorAll("*")].filter((element) => {
    const { localName, src, type, attributes } = element;
    if (localName === "script") return src ? !isOurs(src) : type !== "application/json";
    if (element.closest(".drawing")) return false;  // what graph.js makes of a bot's machine
    return names.test(localName) || localName === "svg" || [...attributes].some(isBad);
  }).map((element) => element.outerHTML.slice(0, 200));
}"""
OVERFLOWING = """(width) => [...document.querySelectorAll("main *")].filter((element) => {
  if (element.getBoundingClientRect().right <= width + 1) return false;
  for (let pane = element.parentElement; pane; pane = pane.parentElement)
    if (getComputedStyle(pane).overflowX !== "visible") return false;
  return true;
}).map((element) => element.outerHTML.slice(0, 200))"""

each_text = pytest.mark.parametrize("name", TEXTS)
LISTS = [seen for seen in PAGES if "{" not in seen.path and seen.role == "admin"]


class Hostile:
    """A site where everything was said."""

    def __init__(self, site: Site, said: dict[str, Said]) -> None:
        self.site, self.said = site, said


@pytest.fixture(scope="module")
def hostile(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hostile]:
    """The web process over a database full of it."""
    with a_site(browser, tmp_path_factory.mktemp("hostile")) as site:
        yield Hostile(site, say_everything(site.database_url))


@each_text
def test_conversation_shows_text_as_text(name: str, hostile: Hostile, visit: Visit) -> None:
    said, page = hostile.said[name], visit(hostile.site)
    page.goto(hostile.site.url + said.conversation)
    assert list(wrong(page)) == []
    bodies = page.locator(".bubble .body").evaluate_all("all => all.map(one => one.textContent)")
    assert said.text in bodies


@each_text
def test_contact_and_file_show_text_as_text(name: str, hostile: Hostile, visit: Visit) -> None:
    said, page = hostile.said[name], visit(hostile.site)
    page.goto(hostile.site.url + said.contact)
    assert list(wrong(page)) == []
    assert page.get_by_label("Name", exact=True).input_value() == said.text[:255].strip()
    page.goto(hostile.site.url + said.media)
    assert list(wrong(page)) == []


@pytest.mark.parametrize("seen", LISTS, ids=lambda seen: seen.name)
def test_lists_show_texts_as_texts(seen: Seen, hostile: Hostile, visit: Visit) -> None:
    page = visit(hostile.site, expects=f"^{seen.status}: GET")
    page.goto(hostile.site.url + seen.path)
    assert list(wrong(page)) == []


@each_text
def test_address_of_a_page_is_text(name: str, hostile: Hostile, visit: Visit) -> None:
    page, word = visit(hostile.site, expects="^40[04]: GET"), quote(TEXTS[name][:500], safe="")
    for path in (
        f"/conversations?q={word}&state={word}&channel={word}&since={word}&after={word}",
        f"/contacts?q={word}&after={word}",
        f"/audit?actor={word}&action={word}&target={word}",
        f"/{word}",
    ):
        page.goto(hostile.site.url + path)
        assert list(wrong(page)) == []


def wrong(page: Page) -> Iterator[str]:
    """What is on the page that should not be, on every device."""
    yield from page.evaluate(FOREIGN)
    for device in DEVICES:
        page.set_viewport_size(SIZES[device])
        width = SIZES[device]["width"]
        if page.evaluate("document.scrollingElement.scrollWidth") > width:
            yield f"wider than a {device}: {page.evaluate(OVERFLOWING, width)}"
