"""Each page, asked for over a real database."""
