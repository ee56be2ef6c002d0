"""The bot's state machine with live counts."""
