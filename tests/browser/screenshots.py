"""`make screenshots`: every page, full and empty, wide and narrow, light and dark.

The pictures go into docs/images/, and docs/pages.md shows them.
"""

import itertools
import tempfile
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import click
from PIL import Image
from playwright.sync_api import Page

from proving.faults.processes import ROOT
from tests.browser.chromium import DEVICES, SCHEMES, SIZES, a_browser
from tests.browser.pages import EMPTY_PAGES, PAGES, Seen
from tests.browser.sample import Sample, fill
from tests.browser.site import Role, Site, a_site

DOCS = ROOT / "docs"
IMAGES = DOCS / "images"
# More than a page of ours has, and a third of the size of true colour.
COLOURS = 256
ROLES: tuple[Role | None, ...] = ("admin", "viewer", None)


@click.command(epilog="Example: python -m tests.browser.screenshots conversations failures")
@click.argument("names", nargs=-1)
def main(names: Sequence[str]) -> None:
    """Take the pictures of the pages with these NAMES, or of all pages."""
    wanted = {seen.name for seen in PAGES} & set(names or (seen.name for seen in PAGES))
    with a_browser() as browser, tempfile.TemporaryDirectory() as folder:
        for kind, pages in (("", PAGES), ("empty", EMPTY_PAGES)):
            place = Path(folder, kind or "full")
            place.mkdir()
            with a_site(browser, place) as site:
                sample = None if kind else fill(site.database_url)
                shown = [seen for seen in pages if seen.name in wanted]
                take(site, shown, sample, kind)
    (DOCS / "pages.md").write_text(told(), "utf-8")


def take(site: Site, pages: Sequence[Seen], sample: Sample | None, kind: str) -> None:
    """Take the pictures of one site."""
    for role in ROLES:
        mine = [seen for seen in pages if seen.role == role]
        page, complaints = site.visit(role)
        for seen in mine:
            page.goto(site.url + seen.address(sample))
            _take_everywhere(page, "-".join(filter(None, (seen.name, kind))))
        page.context.close()
        for complaint in complaints.unexpected:
            click.echo(f"{kind or 'full'}: {complaint}", err=True)


def _take_everywhere(page: Page, name: str) -> None:
    for device, scheme in itertools.product(DEVICES, SCHEMES):
        page.set_viewport_size(SIZES[device])
        page.emulate_media(color_scheme=scheme)
        # What a script draws, and panes that begin at their end, have settled by then.
        page.wait_for_timeout(250)
        path = IMAGES / f"{name}-{device}-{scheme}.png"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(small(page.screenshot()))
        click.echo(f"{path.relative_to(ROOT)}  {path.stat().st_size / 1000:.0f} kB")


def small(picture: bytes) -> bytes:
    """The picture with few colours, which is all that a page of text has."""
    whole = Image.open(BytesIO(picture)).convert("RGB")
    few = whole.quantize(COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    out = BytesIO()
    few.save(out, "PNG", optimize=True)
    return out.getvalue()


def told() -> str:
    """docs/pages.md."""
    taken = "`make screenshots` takes these pictures from an installation with sample data."
    intro = f"# Screenshots\n\n{taken}\n"
    return "\n".join([intro, *map(_told, PAGES)])


def _told(seen: Seen) -> str:
    return (
        f"## {seen.title}\n\n{seen.about}\n\n"
        f"![{seen.title} on a desktop, light](images/{seen.name}-desktop-light.png)\n"
        f"![{seen.title} on a phone, dark](images/{seen.name}-phone-dark.png)\n"
    )


if __name__ == "__main__":
    main()
