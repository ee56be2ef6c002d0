"""axe-core looks for what keeps people out: https://github.com/dequelabs/axe-core.

The file is as its makers publish it, under the licence beside it.
"""

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

_SOURCE = Path(__file__).with_name("axe-4.14.1.min.js").read_text("utf-8")
_RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
_RUN = "(tags) => axe.run({ runOnly: tags, resultTypes: ['violations'] })"


def violations(page: Page) -> list[str]:
    """What axe finds on the page as it is shown now: the rule, where, and why."""
    # Evaluated by the debugger, which the page's content policy does not bind.
    page.evaluate(_SOURCE)
    found: list[dict[str, Any]] = page.evaluate(_RUN, _RULES)["violations"]
    return [_told(rule, node) for rule in found for node in rule["nodes"]]


def _told(rule: dict[str, Any], node: dict[str, Any]) -> str:
    where = " ".join(str(target) for target in node["target"])
    why = re.sub(r"\s+", " ", node["failureSummary"])
    return f"{rule['id']} at {where}: {why} ({rule['helpUrl'].partition('?')[0]})"
