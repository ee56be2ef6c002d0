"""Bot errors and undelivered messages."""
