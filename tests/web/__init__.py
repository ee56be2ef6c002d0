"""Tests of the web process through Flask's test client, with a real database."""
