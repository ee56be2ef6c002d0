"""Tests of the page in web/dashboard/canned_replies."""
