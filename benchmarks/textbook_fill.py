"""`python -m benchmarks.textbook_fill benchmarks.textbook_rq 600 2000`: tables and a backlog.

So many messages of so many contacts, for the pipeline in the module that is named.
"""

import sys
from importlib import import_module

from benchmarks import textbook_job


def main() -> None:
    """Make the tables and queue the messages."""
    module, messages, contacts = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    textbook_job.create_tables()
    enqueue = import_module(module).enqueue
    for number in range(messages):
        enqueue(f"SM{number:032}", f"+1415{number % contacts:07}", f"message {number}")


if __name__ == "__main__":
    main()
