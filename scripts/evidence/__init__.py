"""Evidence: the method on simulated worlds of known truth; its results are committed."""
