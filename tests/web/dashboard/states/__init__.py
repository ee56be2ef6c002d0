"""Tests of the page in web/dashboard/states."""
