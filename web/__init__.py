"""The web process: webhooks come in, and the API and pages show what there is."""
