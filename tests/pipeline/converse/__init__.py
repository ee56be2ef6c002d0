"""Tests of the converse verb."""
