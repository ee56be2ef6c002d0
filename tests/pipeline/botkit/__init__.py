"""Tests of the bot kit; they need no database."""
