"""Extra items that are set, not computed: lump sums, quality money, transition money, per uitvoerder or national."""

from decimal import Decimal

import polars as pl

from wlz.known.assumptions import AssumptionError
from wlz.known.declared_items import FIXED, DeclaredItem
from wlz.words.vocabulary import CENTS, MONEY


def fixed_amounts(item: DeclaredItem, uitvoerders: list[str], kader: pl.DataFrame) -> pl.DataFrame:
    """One row per uitvoerder of an item of method fixed: wlz_uitvoerder, item, item_eur, item_method.

    `kader`: wlz_uitvoerder, zin_budget_eur (any finer grain), asked for a national amount only: it is split in
    proportion, to the cent by largest remainder, over uitvoerders with an expectation. One without an amount has 0.
    Raises AssumptionError for an amount of an uitvoerder without an expectation, and for a split without a kader: it
    would count for nothing.

    >>> item = DeclaredItem("quality", FIXED, national_eur=Decimal("100.00"))
    >>> kader = pl.DataFrame({"wlz_uitvoerder": ["CZ", "DSW", "VGZ"], "zin_budget_eur": [1.0, 1.0, 1.0]})
    >>> fixed_amounts(item, ["CZ", "DSW", "VGZ"], kader)["item_eur"].to_list()
    [Decimal('33.34'), Decimal('33.33'), Decimal('33.33')]
    """
    if absent := sorted(set(item.amounts) - set(uitvoerders)):
        raise AssumptionError(
            f"extra_item {item.name}: {', '.join(absent)} has no expected claims in the budget year; its amount would "
            "count for nothing. Next: mend the amounts"
        )
    amounts = dict(item.amounts) if item.national_eur is None else _split(item, item.national_eur, uitvoerders, kader)
    values = [amounts.get(name, Decimal(0)) for name in uitvoerders]
    return pl.DataFrame(
        {"wlz_uitvoerder": uitvoerders, "item_eur": pl.Series(values, dtype=MONEY)},
        schema_overrides={"wlz_uitvoerder": pl.String},
    ).with_columns(item=pl.lit(item.name), item_method=pl.lit(FIXED))


def _split(item: DeclaredItem, amount: Decimal, uitvoerders: list[str], kader: pl.DataFrame) -> dict[str, Decimal]:
    known = (
        kader.filter(pl.col("wlz_uitvoerder").is_in(uitvoerders))
        .group_by("wlz_uitvoerder")
        .agg(pl.col("zin_budget_eur").cast(pl.Float64).sum())
    )
    weights = dict(known.sort("wlz_uitvoerder").iter_rows())
    whole = sum(weights.values())
    if whole <= 0:
        raise AssumptionError(
            f"extra_item {item.name}: € {amount:,.2f} is split by the zin kader, and there is none of the budget year. "
            "Next: deliver the kader, or give amounts per uitvoerder"
        )
    exact = {name: amount * Decimal(str(weight / whole)) for name, weight in weights.items()}
    parts = {name: value.quantize(CENTS, rounding="ROUND_FLOOR") for name, value in exact.items()}
    left = int((amount - sum(parts.values())) / CENTS)
    for name in sorted(parts, key=lambda one: (parts[one] - exact[one], one))[:left]:
        parts[name] += CENTS
    return parts
