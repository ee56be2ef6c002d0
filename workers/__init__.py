"""The Celery workers: one thin module per queue, which calls a verb of the pipeline."""
