"""An operator steps in: writes, holds, sets states, finds, mends; and who may not, cannot."""

import re

from playwright.sync_api import expect

from proving.faults.contacts import FakeContact
from proving.faults.processes import eventually
from tests.browser.conftest import Full, Visit
from tests.browser.site import Site, open_talk


def test_state_set_by_hand_is_used_by_the_bot(live: Site, visit: Visit, ada: FakeContact) -> None:
    page = visit(live, "operator")
    open_talk(page, live, ada)
    page.get_by_label("State", exact=True).select_option("collect_info")
    page.get_by_label("Reason").fill("asked on the phone")
    page.get_by_role("button", name="Change state").click()
    expect(page.get_by_text("State changed to collect_info.")).to_be_visible()
    expect(page.get_by_text("“asked on the phone”")).to_be_visible()
    ada.says("Ada Lovelace")
    expect(page.get_by_role("log")).to_contain_text("e-mail", timeout=5000)
    assert ada.conversation["state"] == "collect_info"


def test_unknown_state_is_asked_for_twice(live: Site, visit: Visit, ada: FakeContact) -> None:
    page = visit(live, "operator", expects="^422: POST")
    open_talk(page, live, ada)
    page.locator("[id^=other-state] summary").click()
    page.get_by_label("Other state").fill("of_tomorrow")
    page.get_by_role("button", name="Change state").click()
    expect(page.get_by_role("alert")).to_contain_text("The bot has no state “of_tomorrow”")
    page.get_by_label("Set it anyway").check()
    page.get_by_role("button", name="Change state").click()
    expect(page.get_by_text("State changed to of_tomorrow.")).to_be_visible()
    assert ada.conversation["state"] == "of_tomorrow"


def test_words_by_hand_reach_the_provider_once(live: Site, visit: Visit, ada: FakeContact) -> None:
    page = visit(live, "operator")
    open_talk(page, live, ada)
    words = page.get_by_label(re.compile("^Message to"))
    words.press_sequentially("Here is a person", delay=5)
    expect(page.get_by_text("16 of 160 · 1 segment · GSM-7")).to_be_visible()
    page.get_by_role("button", name="Send", exact=True).dblclick()
    expect(page.get_by_role("log")).to_contain_text("Here is a person")
    eventually(lambda: "Here is a person" in ada.got)
    expect(page.get_by_role("button", name="Hand back to bot")).to_be_visible()
    expect(words).to_have_value("")
    expect(page.locator(".meta").last).to_contain_text("delivered", timeout=5000)
    assert ada.got.count("Here is a person") == 1


def test_held_talk_is_silent_until_given_back(live: Site, visit: Visit, ada: FakeContact) -> None:
    page = visit(live, "operator")
    open_talk(page, live, ada)
    page.get_by_role("button", name="Take over (30 min)").click()
    expect(page.get_by_text("You've taken over. The bot is paused.")).to_be_visible()
    expect(page.locator("#rows .row[aria-current]")).to_contain_text("taken over by me")
    before = len(ada.got)
    ada.says("is anybody there")
    expect(page.get_by_role("log")).to_contain_text("is anybody there", timeout=5000)
    page.get_by_role("button", name="Hand back to bot").click()
    expect(page.get_by_role("button", name="Take over (30 min)")).to_be_visible()
    assert len(ada.got) == before
    ada.says("and now")
    eventually(lambda: len(ada.got) > before)


def test_reset_begins_anew(live: Site, visit: Visit, ada: FakeContact) -> None:
    page = visit(live, "operator")
    ada.says("book")
    eventually(lambda: ada.conversation["state"] == "collect_info")
    open_talk(page, live, ada)
    page.get_by_label("More").click()
    page.get_by_role("button", name=re.compile("^Restart")).click()
    expect(page.get_by_text("Conversation restarted.")).to_be_visible()
    assert (ada.conversation["state"], ada.conversation["data"]) == ("unstructured", {})


def test_filters_and_search_find_and_stay_in_the_address(full: Full, visit: Visit) -> None:
    page = visit(full.site)
    page.goto(f"{full.site.url}/conversations")
    page.get_by_role("navigation", name="States").get_by_role("link", name="support").click()
    expect(page).to_have_url(re.compile(r"\?state=support$"))
    rows = page.locator("#rows .row")
    # Other tests on this site move one of them.
    chip = page.get_by_role("navigation", name="States").get_by_role("link", name="support")
    said = re.findall(r"\d+", chip.inner_text())
    expect(rows).to_have_count(int(said[0]))
    page.get_by_role("navigation", name="Filters").get_by_role("link", name="WhatsApp").click()
    expect(page).to_have_url(re.compile("channel=whatsapp"))
    page.reload()
    expect(page.get_by_role("link", name="Clear all")).to_be_visible()
    page.get_by_role("link", name="Clear all").click()
    # A search that is sent before the page has come keeps the filters of the one before.
    expect(page).to_have_url(re.compile(r"/conversations\??$"))
    expect(page.get_by_role("link", name="Clear all")).to_have_count(0)
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("garden row")
    page.keyboard.press("Enter")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("+1 415-555-0132")


def test_failed_turn_is_run_again(full: Full, visit: Visit) -> None:
    page = visit(full.site, "operator")
    page.goto(f"{full.site.url}/failures")
    turns = page.get_by_role("region", name="Bot errors").get_by_role("article")
    before = turns.count()
    turns.first.locator("summary").click()
    expect(turns.first.locator("pre")).to_contain_text("Traceback (most recent call last)")
    turns.first.get_by_role("button", name="Retry").click()
    expect(page.get_by_text("Retrying…")).to_be_visible()
    expect(turns).to_have_count(before - 1)


def test_viewer_reads_and_does_nothing(full: Full, visit: Visit) -> None:
    page = visit(full.site, "viewer", expects="^403: ")
    page.goto(full.site.url + full.sample.conversation)
    expect(page.get_by_role("log")).to_contain_text("order 48213")
    expect(page.get_by_text("You have the viewer role")).to_be_visible()
    for name in ("Send", "Hand back to bot", "Change state"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)
    token = page.locator("input[name=csrf_token]").first.input_value()
    status = page.evaluate(
        """async ([address, token]) => (await fetch(address, {
            method: "POST", headers: {"X-CSRFToken": token},
        })).status""",
        [f"{full.site.url}{full.sample.conversation}/end", token],
    )
    assert status == 403
    page.goto(f"{full.site.url}/users")
    expect(page.get_by_role("heading", name="Not allowed")).to_be_visible()


def test_sign_in_and_out(full: Full, visit: Visit) -> None:
    full.site.add_user("walker@example.com", "viewer")
    page = visit(full.site, None, expects="^401: POST")
    page.goto(f"{full.site.url}/contacts?q=ada")
    page.get_by_label("E-mail").fill("walker@example.com")
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("Wrong e-mail or password.")).to_be_visible()
    page.get_by_label("Password").fill("seven green lamps in the hall")
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{full.site.url}/contacts?q=ada")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("Signed out.")).to_be_visible()
    page.go_back()
    expect(page).to_have_url(re.compile("/sign-in"))


def test_everything_works_without_a_script(full: Full, visit: Visit) -> None:
    page = visit(full.site, "operator")
    bare = page.context.browser
    assert bare
    context = bare.new_context(
        java_script_enabled=False,
        viewport={"width": 1440, "height": 900},
        storage_state=page.context.storage_state(),
    )
    plain = context.new_page()
    plain.goto(full.site.url + full.sample.contact)
    plain.goto(full.site.url + full.sample.conversation)
    plain.get_by_label("Reason").fill("without a script")
    plain.get_by_label("State", exact=True).select_option("unstructured")
    plain.get_by_role("button", name="Change state").click()
    expect(plain.get_by_text("State changed to unstructured.")).to_be_visible()
    context.close()
