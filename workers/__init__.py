"""The Celery workers: one thin module per queue that wakes up and calls a verb of the pipeline."""
