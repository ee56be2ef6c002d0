"""The `parley` command: one file per subcommand, joined in main.py."""
