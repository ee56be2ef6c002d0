"""The tests mirror the tree; journeys/ and faults/ run real processes."""
