"""What a bench measures, and what is concluded from it."""
