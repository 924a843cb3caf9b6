"""Stage lag: the months of the budget year completed, and what is odd about how claims came in."""
