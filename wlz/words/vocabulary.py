"""Names and keys that every room shares: the nation, series, places, whole cents. No numbers that are assumptions."""

from decimal import Decimal

import polars as pl

NATION = "Landelijk"  # stands for an uitvoerder or a region where a row is the total of all
SERIES_KEY = ["prestatiecode", "wlz_uitvoerder"]  # one series
SERIES_BY_UITVOERDER = ["wlz_uitvoerder", "prestatiecode"]  # the same, where rows are told uitvoerder by uitvoerder
PLACE = ["wlz_uitvoerder", "zorgkantoorregio"]
MONEY = pl.Decimal(18, 2)  # euro at rest: whole cents
CENTS = Decimal("0.01")  # what euro are rounded to
