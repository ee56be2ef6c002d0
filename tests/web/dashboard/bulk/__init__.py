"""Tests of the page in web/dashboard/bulk."""
