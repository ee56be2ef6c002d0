"""The console script, mostly as a process of its own."""
