"""The dashboard in a real browser: Playwright drives Debian's Chromium against real processes.

conftest.py has the fixtures; `python -m tests.browser.screenshots` takes the pictures of the docs.
"""
