"""The pages of the dashboard: the menu, and which module answers what."""

from dataclasses import dataclass
from importlib.metadata import version

from apiflask import APIFlask
from flask import Blueprint, get_flashed_messages, redirect, request, url_for
from werkzeug import Response

from pipeline.runtime import Runtime
from web.dashboard import (
    access,
    account,
    audit_page,
    bulk,
    canned,
    contact_page,
    contacts_page,
    conversations,
    exports,
    failures,
    formats,
    media,
    overrides,
    shell,
    sign_in,
    simulator,
    states_page,
    system,
    users_page,
    welcome,
)
from web.dashboard.access import needs


@dataclass(frozen=True, slots=True)
class Page:
    """A line of the menu; `count` names the number beside it in pipeline/queries/menu.py.

    `inner` are the blueprints of further pages that one comes to from this one.
    """

    title: str
    endpoint: str
    role: str = "viewer"
    count: str = ""
    inner: tuple[str, ...] = ()

    def has(self, blueprint: str | None) -> bool:
        """Whether a page of this blueprint is here."""
        return blueprint in {self.endpoint.partition(".")[0], *self.inner}


MENU = (
    Page(
        "Conversations",
        "conversations.listing",
        count="conversations",
        inner=("overrides", "bulk", "canned", "media"),
    ),
    Page("Contacts", "contacts_page.listing", count="contacts", inner=("contact_page",)),
    Page("States", "states_page.machine"),
    Page("Failures", "failures.listing", count="failures"),
    Page("Simulator", "simulator.phones", role="operator"),
    Page("System", "system.overview"),
    Page("Users", "users_page.listing", role="admin"),
    Page("Audit", "audit_page.listing", role="admin"),
)
front = Blueprint("front", __name__)


@front.get("/")
@needs("viewer")
def front_page() -> Response:
    """The dashboard begins with the conversations."""
    return redirect(url_for("conversations.listing"))


PAGES = (
    front,
    conversations.conversations,
    overrides.overrides,
    bulk.bulk,
    contacts_page.contacts_page,
    contact_page.contact_page,
    canned.canned,
    exports.exports,
    failures.failures,
    media.media,
    states_page.states_page,
    system.system,
    users_page.users_page,
    audit_page.audit_page,
    account.account,
    sign_in.sign_in,
    welcome.welcome,
)


def install(app: APIFlask, runtime: Runtime) -> None:
    """Add every page, and what all templates use."""
    access.install(app, runtime.settings)
    is_simulator = runtime.provider.name == "simulator"
    pages = [*PAGES, simulator.simulator] if is_simulator else PAGES
    for page in pages:
        app.register_blueprint(page)
    names = {page.name for page in pages}
    app.before_request(lambda: shell.prepare() if request.blueprint in names else None)
    formats.install(app, runtime.bot)
    app.jinja_env.globals.update(
        menu=[line for line in MENU if line.endpoint in app.view_functions],
        asset_version=version("parley"),
        bot_error=runtime.bot_error,
        editing=runtime.editing,
        flashes=lambda: get_flashed_messages(with_categories=True),
        our_number=runtime.settings.twilio_phone_number,
        provider=runtime.provider.name,
    )
