"""`parley failures`: the command, its tables and the file that it exports."""
