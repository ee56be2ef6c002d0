"""Tests for bots: conversations in memory, scripts and random conversations."""
