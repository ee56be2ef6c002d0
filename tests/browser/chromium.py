"""Chromium as the operating system has it, under Playwright; nothing is downloaded."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Literal

from playwright.sync_api import Browser, BrowserContext, StorageState, ViewportSize, sync_playwright

HOW_TO_INSTALL = (
    "apt-get install chromium-headless-shell fonts-inter fonts-noto-core fonts-noto-color-emoji"
)
# Only how long to wait for what will come: two cores may be busy with other tests.
PATIENCE_MS = 20_000

Device = Literal["desktop", "phone"]
Scheme = Literal["light", "dark"]
DEVICES: tuple[Device, ...] = ("desktop", "phone")
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
SIZES: Mapping[Device, ViewportSize] = {
    "desktop": {"width": 1440, "height": 900},
    "phone": {"width": 390, "height": 844},
}
# No word with anybody but the page: it would be slow, and fail where there is no network.
_FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)


def where() -> str | None:
    """The path of Chromium; CHROMIUM names another one.

    The shell is the same engine without a window around each page, which takes half of the time.
    """
    names = (os.environ.get("CHROMIUM"), "chromium-headless-shell", "chromium")
    return next(filter(None, (shutil.which(name) for name in names if name)), None)


@contextmanager
def a_browser() -> Iterator[Browser]:
    """A headless browser. It ends with this process, however that ends."""
    path = where()
    if path is None:
        raise FileNotFoundError(f"no Chromium; {HOW_TO_INSTALL}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            args=_FLAGS,
            # A sandbox cannot be made by root, who runs this in a container.
            chromium_sandbox=os.geteuid() != 0,
        )
        yield browser
        browser.close()


def a_context(
    browser: Browser,
    device: Device = "desktop",
    scheme: Scheme = "light",
    *,
    signed_in: StorageState | None = None,
    is_bare: bool = False,
) -> BrowserContext:
    """A person's browser, apart from all others; `is_bare` is one without JavaScript."""
    context = browser.new_context(
        viewport=SIZES[device],
        has_touch=device == "phone",
        color_scheme=scheme,
        java_script_enabled=not is_bare,
        locale="en-GB",
        timezone_id="UTC",
        reduced_motion="reduce",
        storage_state=signed_in,
        accept_downloads=True,
    )
    context.set_default_timeout(PATIENCE_MS)
    return context
