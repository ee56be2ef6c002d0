"""Pages and API lists at two sizes: `python -m benchmarks.pages SMALL_URL LARGE_URL`.

Both are URLs of PostgreSQL databases that `parley seed` filled. Each database has its own web
process. Requests alternate between them, so that other load affects both sizes equally. Pages are
requested in full, not as a live page polls them.
"""

import argparse
import contextlib
import statistics
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import text

from benchmarks import bench, databases
from pipeline import accounts
from pipeline.records.accounts import tokens
from proving.faults.server import free_port
from proving.seeding.plan import OPERATORS

PASSWORD = "seven green lamps in the hall"
ROUNDS = 40
ASKED = {
    "conversations": "/conversations",
    "conversations, page 3": "",
    "conversations, one state": "/conversations?state=collect_info",
    "conversations, a rare state": "/conversations?state=old_menu&state=forgotten",
    "conversations, unread": "/conversations?unread=1",
    "conversations, failed": "/conversations?failed=1",
    "conversations, taken over": "/conversations?holder=operator",
    "conversations, WhatsApp, a week": "/conversations?channel=whatsapp&since={week}",
    "search, a number": "/conversations?q={number}",
    "search, a name": "/conversations?q=Quispe",
    "search, an order": "/conversations?q=AB-104242",
    "search, two words": "/conversations?q=refund+wrong",
    "search, a word of one message in six": "/conversations?q=please",
    "conversation": "/conversations/{conversation}",
    "contacts": "/contacts",
    "contact": "/contacts/{contact}",
    "states": "/states",
    "failures": "/failures",
    "system": "/system",
    "API /conversations": "/api/v1/conversations?limit=50",
    "API /conversations?state=": "/api/v1/conversations?limit=50&state=support",
    "API /contacts": "/api/v1/contacts?limit=50",
    "API /contacts?q=": "/api/v1/contacts?limit=50&q={number}",
    "API messages": "/api/v1/conversations/{conversation}/messages?limit=50",
    "API /states": "/api/v1/states",
}

_TALK = text(
    "SELECT c.id, c.contact_id, p.key FROM conversation c JOIN contact p ON p.id = c.contact_id "
    "WHERE p.phone IS NOT NULL ORDER BY last_message_at DESC OFFSET 100 LIMIT 1"
)


@dataclass(slots=True)
class Site:
    """A web process over one database, and who asks it."""

    url: str
    cookie: str
    token: str
    known: dict[str, str]
    paths: dict[str, str] = field(default_factory=dict)
    took: dict[str, list[float]] = field(default_factory=dict)

    def ask(self, path: str) -> tuple[float, str]:
        """Milliseconds, and the answer."""
        request = urllib.request.Request(self.url + path.format_map(self.known))
        if path.startswith("/api"):
            request.add_header("Authorization", f"Bearer {self.token}")
        else:
            request.add_header("Cookie", self.cookie)
        started = time.perf_counter()
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                body = answer.read().decode()
        except urllib.error.HTTPError as error:
            # A question that takes longer than the web process waits is a figure as well.
            body = f"{error.code}"
        return (time.perf_counter() - started) * 1000, body


def main() -> None:
    """Ask both in turn and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("small")
    parser.add_argument("large")
    given = parser.parse_args()
    with _site(given.small) as small, _site(given.large) as large:
        for name, path in ASKED.items():
            for site in (small, large):
                site.took[name] = []
                asked = path or _third_page(site)
                for _ in range(3):
                    site.ask(asked)
                site.paths[name] = asked
            for _ in range(ROUNDS):
                for site in (small, large):
                    site.took[name].append(site.ask(site.paths[name])[0])
        print(
            "| what | small p50 | p95 | large p50 | p95 | ratio of p95 |\n|---|---|---|---|---|---|"
        )
        for name in ASKED:
            print(_row(name, small.took[name], large.took[name]))


def _row(name: str, small: list[float], large: list[float]) -> str:
    halves = [statistics.median(small), _p95(small), statistics.median(large), _p95(large)]
    shown = " | ".join(f"{value:.0f}" for value in halves)
    return f"| {name} | {shown} | {halves[3] / halves[1]:.2f} |"


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def _third_page(site: Site) -> str:
    path = "/conversations"
    for _ in range(2):
        page = site.ask(path)[1]
        path = page.rpartition('href="/conversations?after=')[2].partition('"')[0]
        path = "/conversations?after=" + path.replace("&amp;", "&")
    return path


@contextlib.contextmanager
def _site(url: str) -> Iterator[Site]:
    port = free_port()
    env = bench.environment(url, PROVIDER="simulator", PORT=str(port), BOT="bots.template:bot")
    with bench.process("parley web --workers 1", env):
        bench.wait_for_port(port)
        yield _visitor(f"http://127.0.0.1:{port}", url)


def _visitor(site_url: str, database_url: str) -> Site:
    email = f"bench-{time.time_ns()}@example.com"
    with databases.opened(database_url) as database:
        accounts.add_user(database, email, "admin", PASSWORD, actor=OPERATORS[0])
        with database.write() as connection:
            token = tokens.add(connection, email, "admin", datetime.now(UTC))
            talk = connection.execute(_TALK).one()
    known = {"conversation": str(talk.id), "contact": str(talk.contact_id)}
    known |= {"number": talk.key.removeprefix("+"), "week": datetime.now(UTC).strftime("%Y-%m-%d")}
    return Site(site_url, _cookie(site_url, email), token, known)


def _cookie(url: str, email: str) -> str:
    jar = urllib.request.HTTPCookieProcessor()
    browser = urllib.request.build_opener(jar)
    with browser.open(f"{url}/sign-in") as answer:
        csrf = answer.read().decode().partition('name="csrf_token" value="')[2].partition('"')[0]
    form = f"csrf_token={csrf}&email={email}&password={PASSWORD.replace(' ', '+')}".encode()
    browser.open(f"{url}/sign-in", form).read()
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar.cookiejar)


if __name__ == "__main__":
    main()
