"""Tests of the page in web/dashboard/sign_in."""
