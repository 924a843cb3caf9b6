"""WHAT is written: read, call wlz, write."""
