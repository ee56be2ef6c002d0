"""One conversation: messages, state, and what an operator can do."""
