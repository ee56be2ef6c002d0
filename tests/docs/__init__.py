"""Tests of what the pages for people say."""
