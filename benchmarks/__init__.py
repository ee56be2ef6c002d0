"""Speed, compared with the textbook pipeline in the same run. `make bench` prints the table."""
