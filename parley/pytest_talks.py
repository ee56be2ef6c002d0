"""The pytest plugin under its old name, for environments installed before it moved."""

from pipeline.botkit.testing.pytest_plugin import *  # noqa: F403 (an alias)
