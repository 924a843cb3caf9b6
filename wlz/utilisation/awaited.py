"""Deliveries that were due and are not there, with the euro of the advice that rest on what came before them.

Which were due is decided in `known/due.py`.
"""

from datetime import date

import polars as pl

from wlz.known.due import ARRIVED, DUE_SCHEMA
from wlz.known.knowledge import Known
from wlz.known.rounds import LAG_REFERENCE_YEARS_BACK
from wlz.known.stages import Tables, of_scenario
from wlz.words.vocabulary import SERIES_KEY

OLD_STAND, OLDER, FALLBACK = "old_stand", "older", "fallback"
NOT_OF_THE_YEAR = ("b", "c")  # sources of prices other than the claims of the year
AWAITED_SCHEMA = {**DUE_SCHEMA, "stand": pl.String, "wording": pl.String, "rests_eur": pl.Float64}


def value_awaited(known: Known, tables: Tables, confronted: pl.DataFrame) -> pl.DataFrame:
    """Kinds of which a delivery was due and is not in the advice: AWAITED_SCHEMA, no rows when all came.

    In: UTILISATION of every scenario, and the tables behind it. One that came with the stand of the delivery before it
    (``stand``) counts as not there. ``rests_eur`` is what of the expectation, or of the kader, rests on an older
    delivery (wording older) or on what stands in for it (fallback), in the scenario of the letter. Kinds on which
    nothing rests are left out: a kind that is told of by X01 or X02 in full, or prices that all are of the year.
    """
    if known.due.is_empty():
        return pl.DataFrame(schema=AWAITED_SCHEMA)
    rests = _add_up(known, tables, confronted)
    rows = []
    for row in known.due.iter_rows(named=True):
        stand = _old_stand(known, row["kind"], row["due_on"], row["since"]) if row["state"] == ARRIVED else None
        if row["state"] == ARRIVED and stand is None:
            continue
        state = row["state"] if stand is None else OLD_STAND
        basis = FALLBACK if row["used_month"] is None else OLDER
        rows.append({**row, "stand": stand, "wording": f"{state} {basis}", "rests_eur": rests[row["kind"]]})
    return pl.DataFrame(rows, schema=AWAITED_SCHEMA).filter(pl.col("rests_eur") > 0)


def _old_stand(known: Known, kind: str, due_on: date, since: date) -> str | None:
    """The newest stand that a delivery tells, where it is from before the one that was due; None for a newer one.

    A kader is dated, a na-ijl is about the year two before its delivery.
    """
    if kind == "kader":
        of_year = known.read(kind).filter(pl.col("budget_year") == known.budget_year)
        stand = of_year["stand_date"].max()
        return str(stand) if isinstance(stand, date) and stand < since else None
    if kind == "na_ijl":
        year = known.read(kind)["reference_year"].max()
        return str(year) if isinstance(year, int) and year < due_on.year - LAG_REFERENCE_YEARS_BACK else None
    return None


def _add_up(known: Known, tables: Tables, confronted: pl.DataFrame) -> dict[str, float]:
    """Per awaited kind the euro that rest on it, of the nation and the scenario of the letter."""
    scenario = known.letter_first
    nation = of_scenario(confronted, scenario).filter(level="national")
    items = of_scenario(tables["extra_items"], scenario)
    of_year = of_scenario(tables["revenue"], scenario).filter("in_base")
    priced = of_scenario(tables["prices"], scenario).filter(pl.col("price_source").is_in(NOT_OF_THE_YEAR))
    on_prices = _sum(of_year.join(priced, on=SERIES_KEY, how="semi")["forecast_amount_eur"])
    return {
        "kader": _sum(nation["budget_eur"]),
        "pgb_verleningen": _sum(nation.filter(part="pgb")["expected_eur"]),
        "na_ijl": _late_claims(items.filter(item="na_ijl"), known.assumptions["na_ijl_warn_percent"]),
        "nacalculatie": _sum(items.filter(item_method="grown")["item_eur"].abs()),
        "herschikking": on_prices,
        "beleidsregelwaarden": on_prices,
    }


def _late_claims(items: pl.DataFrame, most_percent: float) -> float:
    """Late claims without sign; of an uitvoerder of whom nothing is known, as much as they may be by check L09."""
    most = pl.col("expected_base") * most_percent / 100
    return _sum(items.select(pl.col("item_eur").cast(pl.Float64).abs().fill_null(most))["item_eur"])


def _sum(euro: pl.Series) -> float:
    return float(euro.sum() or 0)
