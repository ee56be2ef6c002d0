"""What contacts send: readers of answers, dates, debounce."""
