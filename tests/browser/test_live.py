"""Pages are live: what happens shows within a second, and disturbs nobody who is writing."""

import re
import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from proving.faults.contacts import FakeContact, fake_contact
from proving.faults.processes import eventually
from tests.browser.conftest import Visit
from tests.browser.site import Site, open_talk

# The promise is one second; a busy machine may take longer, and the figure is in the report.
PATIENCE_MS = 5000
RecordProperty = Callable[[str, object], None]
_SEEN = """
(words) => new Promise((done) => {
  const started = performance.now();
  const look = () => {
    if (document.body.innerText.includes(words)) done(performance.now() - started);
    else requestAnimationFrame(look);
  };
  look();
})
"""


def log(page: Page) -> Any:
    return page.get_by_role("log")


def test_message_appears_in_every_browser(
    live: Site, visit: Visit, ada: FakeContact, record_property: RecordProperty
) -> None:
    pages = [visit(live, role) for role in ("operator", "viewer")]
    for page in pages:
        open_talk(page, live, ada)
    times = []
    for number in range(8):
        words = f"are you there {number}"
        ada.says(words)
        times.append(pages[1].evaluate(_SEEN, words))
        expect(log(pages[0])).to_contain_text(words, timeout=PATIENCE_MS)
    record_property("from webhook to screen, ms", [round(ms) for ms in sorted(times)])


def test_list_and_counts_move_by_themselves(live: Site, visit: Visit, ada: FakeContact) -> None:
    page = visit(live)
    page.goto(f"{live.url}/conversations")
    first = page.locator("#rows .row").first
    expect(first).to_have_id(f"row-{ada.conversation['id']}")
    bob = fake_contact(live.stack)
    bob.says("a newer one")
    eventually(lambda: bob.got)
    expect(first).to_have_id(f"row-{bob.conversation['id']}", timeout=PATIENCE_MS)
    expect(first).to_have_class(re.compile("unread"))


def test_half_written_words_and_focus_stay(live: Site, visit: Visit, ada: FakeContact) -> None:
    page = visit(live, "operator")
    open_talk(page, live, ada)
    words = page.get_by_label(re.compile("^Message to"))
    words.fill("half writ")
    words.evaluate("field => field.setSelectionRange(2, 4)")
    ada.says("something meanwhile")
    expect(log(page)).to_contain_text("something meanwhile", timeout=PATIENCE_MS)
    expect(words).to_have_value("half writ")
    expect(words).to_be_focused()
    assert words.evaluate("field => [field.selectionStart, field.selectionEnd]") == [2, 4]


def test_who_reads_further_up_stays_there(live: Site, visit: Visit, ada: FakeContact) -> None:
    page = visit(live)
    for number in range(12):
        ada.says(f"line {number}")
    eventually(lambda: len(ada.got) >= 13, 20)
    open_talk(page, live, ada)
    expect(log(page)).to_contain_text("line 11")
    log(page).evaluate("pane => { pane.scrollTop = 40; }")
    ada.says("one more at the end")
    expect(log(page)).to_contain_text("one more at the end", timeout=PATIENCE_MS)
    assert log(page).evaluate("pane => pane.scrollTop") == 40
    log(page).evaluate("pane => { pane.scrollTop = pane.scrollHeight; }")
    ada.says("followed to the end")
    expect(log(page).get_by_text("followed to the end")).to_be_in_viewport(timeout=PATIENCE_MS)


def test_opened_menus_stay_open(live: Site, visit: Visit, ada: FakeContact) -> None:
    page = visit(live, "operator")
    open_talk(page, live, ada)
    page.get_by_label("More").click()
    ada.says("while the menu is open")
    expect(log(page)).to_contain_text("while the menu is open", timeout=PATIENCE_MS)
    expect(page.get_by_role("button", name=re.compile("^Restart"))).to_be_visible()


def test_page_says_when_it_is_not_live(live: Site, visit: Visit, ada: FakeContact) -> None:
    page = visit(live, expects="ERR_FAILED|Failed to fetch")
    open_talk(page, live, ada)
    expect(page.locator("#live")).to_have_text("Live")
    page.route("**/*", lambda route: route.abort())
    expect(page.locator("#live")).to_contain_text("Not live since", timeout=PATIENCE_MS)
    page.unroute("**/*")
    ada.says("meanwhile")
    expect(page.locator("#live")).to_have_text("Live", timeout=2 * PATIENCE_MS)
    expect(log(page)).to_contain_text("meanwhile", timeout=PATIENCE_MS)


def test_who_is_signed_out_elsewhere_is_told(live: Site, visit: Visit) -> None:
    live.add_user("leaver@example.com", "viewer")
    pages = [visit(live, None, expects="401: GET") for _ in range(2)]
    for page in pages:
        live.sign_in(page, "leaver@example.com")
    pages[1].goto(f"{live.url}/account")
    pages[1].get_by_role("button", name="Sign out all other browsers").click()
    expect(pages[0].locator("#live")).to_contain_text("signed out", timeout=15_000)
    pages[0].reload()
    expect(pages[0]).to_have_url(re.compile("/sign-in"))


def test_idle_page_is_answered_without_a_page(live: Site, visit: Visit, ada: FakeContact) -> None:
    page = visit(live)
    open_talk(page, live, ada)
    page.wait_for_timeout(1500)
    answers: list[int] = []
    page.on("response", lambda response: answers.append(response.status))
    started = time.monotonic()
    page.wait_for_timeout(3000)
    a_second = len(answers) / (time.monotonic() - started)
    assert set(answers) == {204}
    assert 1 < a_second < 3
