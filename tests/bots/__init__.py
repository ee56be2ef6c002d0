"""Tests of the shipped bots."""
