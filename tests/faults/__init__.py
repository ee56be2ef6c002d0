"""Faults: what `parley prove` does, as far as it fits into CI."""
