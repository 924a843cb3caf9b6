"""Columns of the stage support: on how many providers a cell rests, and whether the report leaves it out."""

import polars as pl

from warehouse.contract import Column

PROVIDERS_COUNT = Column(
    "providers_count",
    pl.Int64(),
    "count",
    "Distinct providers with claims in the twelve latest care months of the delivery; empty when a claim names none, "
    "and for pgb.",
    "Aantal zorgaanbieders",
    minimum=0,
)
SUPPRESSION = Column(
    "suppression",
    pl.String(),
    "text",
    "Why the public report leaves the cell out: primary, it rests on too few; secondary, it would give such a cell "
    "back. Empty when it is shown.",
    "Weggelaten",
    allowed=("primary", "secondary"),
)
