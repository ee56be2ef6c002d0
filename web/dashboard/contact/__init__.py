"""One contact across all conversations."""
