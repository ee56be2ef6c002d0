"""Tests of the providers: one contract for all, and tables of cases for each."""
