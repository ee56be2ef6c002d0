"""The simulator: a provider without an account, for development and for the dashboard's phone."""
