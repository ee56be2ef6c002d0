"""The live list of conversations with its filters."""
