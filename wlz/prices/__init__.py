"""Stage prices: the decision rule of the letter, volume times price, and how uncertain a price is."""
