"""The browser of an operator, as the tests of pages have it."""

from tests.web.dashboard.conftest import operator

__all__ = ["operator"]
