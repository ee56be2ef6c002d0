"""Mirrors proving/."""
