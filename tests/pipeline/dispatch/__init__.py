"""Tests of the dispatch verb."""
