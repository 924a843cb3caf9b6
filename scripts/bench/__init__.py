"""Benchmarks: how fast, how much memory, how good beside peers."""
