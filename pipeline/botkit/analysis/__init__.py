"""Static analysis of a bot: its graph, its mistakes, which states can be reached."""
