"""The message pipeline: receive -> converse -> dispatch; the truth of each is in the database."""
