"""bridge: what moved the available room between two advices of one budget year, per uitvoerder and component.

Here: regions that moved, volume, price, lag, extra items, pgb, kader and transfers, in that order (methods,
utilisation). Not here: the earlier advice by the uitvoerders of the later one (``regroup.py``), the expectations
themselves (``prices/``, ``utilisation/``), which advices are compared, the sentences about them.
Money is Decimal in whole cents: the components add up to the difference exactly.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import polars as pl

from wlz.known.scenarios import LETTER
from wlz.known.uitvoerders import find_renames
from wlz.prices.prices import to_cents
from wlz.series import assign_regions
from wlz.utilisation.utilisation import apply_transfers
from wlz.vintages.regroup import FORECAST, AdviceFrames, regroup_advice, rename_uitvoerders
from wlz.words.faults import Spoken
from wlz.words.vocabulary import MONEY, NATION, SERIES_KEY

COMPONENTS = ("moved", "volume", "price", "lag", "extra_items", "pgb", "kader", "transfers")
BRIDGE_SCHEMA: dict[str, pl.DataType] = {
    "scenario": pl.String(),
    "from_delivery_month": pl.Date(),
    "from_scenario": pl.String(),
    "wlz_uitvoerder": pl.String(),
    "component": pl.String(),
    "change_eur": MONEY,
    "available_before_eur": MONEY,
    "available_after_eur": MONEY,
}
_ROOM = ("base", "extra_items", "pgb", "budget", "available")
NOTHING = Decimal(0)


class BridgeError(Spoken, ValueError):
    """Two advices that cannot be compared, or tables that are not of one advice. The message says which."""


def build_bridge(
    before: AdviceFrames,
    after: AdviceFrames,
    transfers: pl.DataFrame,
    *,
    brutering_factor: float,
    names: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """The effect of every component on the available room, scenario × wlz_uitvoerder (and Landelijk) × component.

    - moved: room, as the earlier advice had it, of regions that another uitvoerder runs now: gained by the receiver,
      lost by the giver. All else is measured with that advice regrouped to the later regions (``regroup_advice``).

    Per series and month of the budget year, V volume and P price, 0 before and 1 after; what is in the base only:

    - lag: −(V₁ − V₀)·P₀ of months the earlier advice had claims of: they were seen again, fuller or corrected;
    - volume: −(V₁ − V₀)·P₀ of the other months, which it forecast;
    - price: −V₁·(P₁ − P₀), taken as what is left of the change of the expectation, so that it closes to the cent (the
      rounding of months is in it). A series without an old price takes the new one as P₀: its volume counts in volume,
      what was valued at nothing before in price. A series of one advice only counts in volume as a whole;
    - extra_items, pgb: −(change of the item, of the December stand);
    - transfers: what overhevelingen booked between the two stands of the kader changed, brutering included
      (``utilisation.apply_transfers``: those the old stand did not hold, without those the new one does not either);
    - kader: every other change of the kader.

    In: ``transfers`` as for ``apply_transfers``; ``names`` of the later advice (``name_uitvoerders``), by which one
    that is only called otherwise now goes by its new name throughout. Out: BRIDGE_SCHEMA; change_eur below 0 is less
    room; the sum per uitvoerder is available_after_eur − available_before_eur, both zin and pgb together. A scenario
    that the earlier advice does not have is compared with its letter (``from_scenario``); without that it has no rows.
    Raises BridgeError for two budget years, or when revenue and utilisation are not of one computation.

    >>> build_bridge(may, august, transfers, brutering_factor=0.86)["component"][0]  # doctest: +SKIP
    'moved'
    """
    _check_years(before, after)
    if names is not None:
        before = rename_uitvoerders(before, find_renames(before.places, after.places, names))
    regrouped = regroup_advice(before, after)
    return _bridge_scenarios(before, regrouped, after, _transferred(regrouped, after, transfers, brutering_factor))


def _bridge_scenarios(
    before: AdviceFrames, regrouped: AdviceFrames, after: AdviceFrames, transferred: pl.DataFrame
) -> pl.DataFrame:
    """The bridges of all scenarios of the later advice that have one to come from: BRIDGE_SCHEMA."""
    rows = [pl.DataFrame(schema=BRIDGE_SCHEMA)]
    known = before.utilisation["scenario"].unique().sort().to_list()
    for scenario in after.utilisation["scenario"].unique().sort():
        if (earlier := match_scenario(scenario, known)) is not None:
            parts = before.of(earlier), regrouped.of(earlier), after.of(scenario)
            found = _bridge_scenario(*parts, transferred).with_columns(
                scenario=pl.lit(scenario),
                from_scenario=pl.lit(earlier),
                from_delivery_month=pl.lit(before.delivery_month),
            )
            rows.append(found.select(*BRIDGE_SCHEMA))
    return pl.concat(rows)


def _check_years(before: AdviceFrames, after: AdviceFrames) -> None:
    if before.budget_year != after.budget_year:
        raise BridgeError(
            f"the advice of {before.delivery_month:%Y-%m} is about budget year {before.budget_year}, that of "
            f"{after.delivery_month:%Y-%m} about {after.budget_year}: a bridge compares advices of one year"
        )


def match_scenario(scenario: str, known: Sequence[str]) -> str | None:
    """The scenario of an earlier advice to compare with: the same one, else letter, else none.

    >>> match_scenario("base", ["letter"]), match_scenario("base", ["high"])
    ('letter', None)
    """
    return next((name for name in (scenario, LETTER) if name in known), None)


def place_transfers(transfers: pl.DataFrame, crosswalk: pl.DataFrame, regions: pl.DataFrame) -> pl.DataFrame:
    """Overhevelingen with the report region of both sides, ``from_zorgkantoorregio`` and ``to_zorgkantoorregio``.

    One row in, one row out. Raises ValueError for a code that is not valid on the date of the transfer.
    """
    for side in ("from", "to"):
        coded = transfers.rename({f"{side}_zorgkantoor_code": "zorgkantoor_code"})
        placed = assign_regions(coded, crosswalk, regions, on="transfer_date").drop("wlz_uitvoerder")
        transfers = placed.rename(
            {"zorgkantoor_code": f"{side}_zorgkantoor_code", "zorgkantoorregio": f"{side}_zorgkantoorregio"}
        )
    return transfers


def _bridge_scenario(
    before: AdviceFrames, regrouped: AdviceFrames, after: AdviceFrames, transferred: pl.DataFrame
) -> pl.DataFrame:
    """Components per uitvoerder of one scenario, in order, and their national sum at the end."""
    key = "wlz_uitvoerder"
    for advice in (before, after):
        _refuse_strangers(advice)
    published = _sum_room(before).select(key, published="available")
    joined = (
        _sum_room(regrouped)
        .join(_sum_room(after), on=key, how="full", coalesce=True, suffix="_after")
        .join(published, on=key, how="full", coalesce=True)
        .join(_compare_revenue(regrouped, after), on=key, how="full", coalesce=True)
        .join(transferred, on=key, how="left")
        .with_columns(pl.exclude(key).fill_null(NOTHING))
        .sort(key)
    )
    grew = {name: pl.col(f"{name}_after") - pl.col(name) for name in _ROOM}
    wide = joined.select(
        key,
        (pl.col("available") - pl.col("published")).alias("moved"),
        "volume",
        (-grew["base"] - pl.col("volume") - pl.col("lag")).alias("price"),
        "lag",
        (-grew["extra_items"]).alias("extra_items"),
        (-grew["pgb"]).alias("pgb"),
        (grew["budget"] - pl.col("transfers")).alias("kader"),
        "transfers",
        pl.col("published").alias("available_before_eur"),
        pl.col("available_after").alias("available_after_eur"),
    )
    national = wide.select(pl.lit(NATION).alias(key), pl.exclude(key).sum())
    both = pl.concat([wide, national], how="vertical_relaxed")
    rows = both.with_columns(pl.exclude(key).cast(MONEY)).unpivot(
        COMPONENTS,
        index=[key, "available_before_eur", "available_after_eur"],
        variable_name="component",
        value_name="change_eur",
    )
    order = pl.col("component").replace_strict(list(COMPONENTS), list(range(len(COMPONENTS))), return_dtype=pl.Int64)
    return rows.sort(pl.col(key) == NATION, key, order)


def _sum_room(advice: AdviceFrames) -> pl.DataFrame:
    """Expectation without and of extra items, pgb, kader and room of zin and pgb together, per uitvoerder."""
    zin, pgb = (pl.col("part") == part for part in ("zin", "pgb"))
    return (
        advice.utilisation.filter(pl.col("level") == "uitvoerder")
        .group_by("wlz_uitvoerder")
        .agg(
            pl.col("expected_excl_extra_eur").filter(zin).sum().alias("base"),
            pl.col("extra_items_eur").filter(zin).sum().alias("extra_items"),
            pl.col("expected_eur").filter(pgb).sum().alias("pgb"),
            pl.col("budget_eur").sum().alias("budget"),
            pl.col("available_eur").sum().alias("available"),
        )
    )


def _compare_revenue(before: AdviceFrames, after: AdviceFrames) -> pl.DataFrame:
    """Effect of volume and lag per uitvoerder; cents."""
    key = [*SERIES_KEY, "care_month"]
    old, new = (
        advice.revenue.filter("in_base").select(
            *key,
            pl.col("month_volume").alias("volume"),
            (pl.col("state") != FORECAST).alias("was_seen"),
        )
        for advice in (before, after)
    )
    in_both = (
        old.select(SERIES_KEY).unique().join(new.select(SERIES_KEY).unique(), on=SERIES_KEY).with_columns(in_both=True)
    )
    old_price, new_price = (
        advice.prices.select(*SERIES_KEY, pl.col("price_eur_per_unit").alias(name))
        for advice, name in ((before, "old_price"), (after, "new_price"))
    )
    months = (
        old.join(new.drop("was_seen"), on=key, how="full", coalesce=True, suffix="_after")
        .join(in_both, on=SERIES_KEY, how="left")
        .join(old_price, on=SERIES_KEY, how="left")
        .join(new_price, on=SERIES_KEY, how="left")
        .sort(key)
    )
    grew = pl.col("volume_after").fill_null(0.0) - pl.col("volume").fill_null(0.0)
    worth = grew * pl.coalesce("old_price", "new_price", pl.lit(0.0))
    is_lag = (pl.col("was_seen") & pl.col("in_both")).fill_null(False)
    return months.group_by("wlz_uitvoerder", maintain_order=True).agg(
        to_cents(-worth.filter(~is_lag).sum()).alias("volume"),
        to_cents(-worth.filter(is_lag).sum()).alias("lag"),
    )


def _transferred(
    before: AdviceFrames, after: AdviceFrames, transfers: pl.DataFrame, brutering_factor: float
) -> pl.DataFrame:
    """What overhevelingen booked between the two stands did to zin and pgb together, per uitvoerder."""
    open_before, open_after = (
        _not_in_stand(advice, transfers, brutering_factor).alias("change")
        if transfers.height
        else pl.Series("change", [NOTHING] * advice.budgets.height, dtype=MONEY)
        for advice in (before, after)
    )
    both = pl.concat(
        [
            before.budgets.select("wlz_uitvoerder").with_columns(open_before),
            after.budgets.select("wlz_uitvoerder").with_columns(-open_after),
        ]
    )
    return both.group_by("wlz_uitvoerder").agg(pl.col("change").sum().alias("transfers"))


def _not_in_stand(advice: AdviceFrames, transfers: pl.DataFrame, brutering_factor: float) -> pl.Series:
    """Per region of its kader: what every known overheveling that the stand does not hold would change."""
    last: date = transfers.select(pl.col("transfer_date").max()).item()
    booked = apply_transfers(
        advice.budgets,
        transfers,
        budget_year=advice.budget_year,
        cut_off=last,
        brutering_factor=brutering_factor,
    )
    whole = [frame["zin_budget_eur"] + frame["pgb_budget_eur"] for frame in (booked, advice.budgets)]
    return (whole[0] - whole[1]).cast(MONEY)


def _refuse_strangers(advice: AdviceFrames) -> None:
    """Revenue of one computation beside utilisation of another would end up in the price, unseen."""
    valued = (
        advice.revenue.filter("in_base").group_by("wlz_uitvoerder").agg(revenue=pl.col("forecast_amount_eur").sum())
    )
    both = _sum_room(advice).join(valued, on="wlz_uitvoerder", how="full", coalesce=True)
    filled = both.with_columns(pl.col("base", "revenue").fill_null(NOTHING)).sort("wlz_uitvoerder")
    wrong = filled.filter(pl.col("revenue") != pl.col("base"))
    if wrong.height:
        row = wrong.row(0, named=True)
        raise BridgeError(
            f"advice of {advice.delivery_month:%Y-%m}: revenue of {row['wlz_uitvoerder']} is "
            f"€ {row['revenue']:,.2f}, its utilisation says € {row['base']:,.2f}: they are not "
            f"of one computation. Next: wlz run --delivery-month {advice.delivery_month:%Y-%m}"
        )
