"""Sentences computed from the numbers of one advice: what to say is decided here, the words are in ``language``."""
