"""Stage bounds: joint paths in euro at every level, and what is read off them."""
