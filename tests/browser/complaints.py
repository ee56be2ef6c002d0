"""What a browser complains of: errors, broken rules of the content policy, requests that fail."""

import re
from dataclasses import dataclass, field

from playwright.sync_api import (
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Request,
    Response,
    WebError,
)

# Chromium tells some violations nowhere but here.
_TELL_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) => console.error(
  `content policy: ${event.effectiveDirective} forbids ${event.blockedURI} in ${event.sourceFile}`
));
"""
# A page that goes away takes its own questions with it.
_GONE = "net::ERR_ABORTED"


@dataclass  # without slots: Playwright keeps what it needs of a handler on the handler's object
class Complaints:
    """Everything that went wrong in one context, but for what was `expected` (patterns)."""

    heard: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, context: BrowserContext) -> "Complaints":
        """Listen to every page of a context that has none yet."""
        complaints = cls()
        context.add_init_script(_TELL_VIOLATIONS)
        context.on("console", complaints._on_console)
        context.on("weberror", complaints._on_error)
        context.on("dialog", complaints._on_dialog)
        context.on("requestfailed", complaints._on_failed)
        context.on("response", complaints._on_response)
        return complaints

    def expect(self, pattern: str) -> None:
        """Complaints that match are what the test is about."""
        self.expected.append(pattern)

    @property
    def unexpected(self) -> list[str]:
        """What a test fails for."""
        return [
            text
            for text in self.heard
            if not any(re.search(pattern, text) for pattern in self.expected)
        ]

    def _on_console(self, message: ConsoleMessage) -> None:
        # A refusal that a page answers with is told by _on_response, with its address.
        if message.type in {"error", "warning"} and "Failed to load resource" not in message.text:
            self.heard.append(f"console {message.type}: {message.text}")

    def _on_error(self, error: WebError) -> None:
        self.heard.append(f"uncaught: {error.error}")

    def _on_dialog(self, dialog: Dialog) -> None:
        self.heard.append(f"{dialog.type}: {dialog.message}")
        dialog.dismiss()

    def _on_failed(self, request: Request) -> None:
        if request.failure != _GONE:
            self.heard.append(f"{request.failure}: {request.method} {request.url}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 400:
            self.heard.append(f"{response.status}: {response.request.method} {response.url}")
