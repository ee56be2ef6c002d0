"""Services, queues, numbers and settings."""
