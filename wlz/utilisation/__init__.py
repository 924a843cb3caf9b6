"""Stage utilisation: the expectation against the kader, per region, uitvoerder and nation."""
