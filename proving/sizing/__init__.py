"""What `parley bench` does: load on an install of its own, what that costs, and what follows."""
