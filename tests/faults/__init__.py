"""Faults: kill, flush and cut what the Procfile's real processes stand on, then count effects."""
