"""One provider's claims held against those of others: units and prices, and what is put right."""
