"""The HTTP API under /api/v1: one module per noun, pages.py for what they share."""
