"""Tests of the pipeline, in the shape of its tree."""
