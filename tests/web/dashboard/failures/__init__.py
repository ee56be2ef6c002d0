"""Tests of the page in web/dashboard/failures."""
