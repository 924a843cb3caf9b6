"""Stage balance: what became of every delivered row and euro, from file to mart."""
