"""Tests of the benchmarks: that they run and tell, not how quick anything is."""
