"""Canned replies: saved texts that operators insert."""
