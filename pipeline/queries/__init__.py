"""The read side: questions that pages, the API and the metrics ask. Nothing here changes a row."""
