"""Mutants: small errors put into the method on purpose, to see whether a test of spec or unit notices."""
