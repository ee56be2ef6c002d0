"""The harness itself: a checker that has never found anything proves nothing."""
