"""What people are told after a run: what is news, in which words, through which channel."""
