"""Phones in the browser, in simulator mode."""
