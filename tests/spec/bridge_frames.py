"""Two advices to build a bridge between, made by hand; used by the tests of the bridge."""

from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

import polars as pl

from warehouse.contract import conform
from warehouse.tables.vintages import FORECAST_BRIDGE
from wlz.vintages.bridge import build_bridge
from wlz.vintages.regroup import AdviceFrames

EUR = pl.Decimal(18, 2)
D = Decimal
FACTOR = 0.86
MAY, AUGUST = date(2018, 5, 1), date(2018, 8, 1)
REGION = {"A": "North", "B": "South"}

Months = Iterable[tuple[str, str, int, str, float]]  # prestatie, uitvoerder, month, state, volume
Prices = dict[tuple[str, str], float | None]
TEN: Prices = {("Z053", "A"): 10.0}
YEAR: Months = [("Z053", "A", 1, "declared", 10.0), ("Z053", "A", 2, "forecast", 10.0)]


def cents(amount: float) -> Decimal:
    return D(repr(amount)).quantize(D("0.01"), rounding=ROUND_HALF_EVEN)


def revenue_of(months: Months, prices: Prices, scenario: str) -> pl.DataFrame:
    """Volume × price to the cent; ZMZTL is meerzorg, outside the base."""
    rows = [
        (scenario, code, who, date(2018, n, 1), state, volume, cents(volume * (prices.get((code, who)) or 0.0)))
        for code, who, n, state, volume in months
    ]
    schema = {"scenario": pl.String, "prestatiecode": pl.String, "wlz_uitvoerder": pl.String, "care_month": pl.Date}
    schema |= {"state": pl.String, "month_volume": pl.Float64, "forecast_amount_eur": EUR}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return frame.with_columns(in_base=pl.col("prestatiecode") != "ZMZTL")


def advice(
    month: date = MAY,
    months: Months = YEAR,
    prices: Prices = TEN,
    *,
    items: str = "5.00",
    pgb: str = "40.00",
    kader: dict[str, tuple[str, str]] | None = None,
    stand: date = date(2018, 1, 15),
    scenario: str = "letter",
    year: int = 2018,
    whose: str = "A",
) -> AdviceFrames:
    """An advice of uitvoerders A (items and pgb as given, those of ``whose``) and B (none); kader is zin and pgb."""
    kader = kader or {"A": ("1000.00", "100.00"), "B": ("1000.00", "100.00")}
    revenue = revenue_of(months, prices, scenario)
    rows = []
    for who, (zin, for_pgb) in kader.items():
        base = sum(revenue.filter(pl.col("in_base"), wlz_uitvoerder=who)["forecast_amount_eur"], D(0))
        extra, stood = (D(items), D(pgb)) if who == whose else (D(0), D(0))
        for level, region in (("uitvoerder", "Landelijk"), ("region", REGION.get(who, who))):
            place = scenario, level, who, region
            rows.append((*place, "zin", base, extra, base + extra, D(zin), D(zin) - base - extra))
            rows.append((*place, "pgb", stood, D(0), stood, D(for_pgb), D(for_pgb) - stood))
    texts = dict.fromkeys(("scenario", "level", "wlz_uitvoerder", "zorgkantoorregio", "part"), pl.String())
    names = ("expected_excl_extra_eur", "extra_items_eur", "expected_eur", "budget_eur", "available_eur")
    budgets = [(REGION.get(who, who), who, stand, D(zin), D(for_pgb)) for who, (zin, for_pgb) in kader.items()]
    return AdviceFrames(
        month,
        year,
        revenue,
        pl.DataFrame(
            [(scenario, code, who, price) for (code, who), price in prices.items()],
            schema={"scenario": pl.String, "prestatiecode": pl.String, "wlz_uitvoerder": pl.String}
            | {"price_eur_per_unit": pl.Float64},
            orient="row",
        ),
        pl.DataFrame(rows, schema={**texts, **dict.fromkeys(names, EUR)}, orient="row"),
        pl.DataFrame(
            budgets,
            schema={"zorgkantoorregio": pl.String, "wlz_uitvoerder": pl.String, "stand_date": pl.Date}
            | {"zin_budget_eur": EUR, "pgb_budget_eur": EUR},
            orient="row",
        ),
    )


def transfers(*rows: tuple[date, str, str, str, str, str]) -> pl.DataFrame:
    """Date, from region and part, to region and part, euro that leaves."""
    names = ("from_zorgkantoorregio", "from_part", "to_zorgkantoorregio", "to_part")
    schema = {"transfer_date": pl.Date(), **dict.fromkeys(names, pl.String()), "amount_eur": EUR}
    frame = pl.DataFrame([(*row[:-1], D(row[-1])) for row in rows], schema=schema, orient="row")
    return frame.with_columns(budget_year=pl.lit(2018, dtype=pl.Int32))


def bridge(after: AdviceFrames, before: AdviceFrames | None = None, booked: pl.DataFrame | None = None) -> pl.DataFrame:
    """The bridge from ``before`` (May, as above), conforming to its contract and closed to the cent."""
    booked = transfers() if booked is None else booked
    found = build_bridge(before or advice(), after, booked, brutering_factor=FACTOR)
    vintage = {"delivery_month": pl.lit(AUGUST), "budget_year": pl.lit(2018)}
    rows = conform(found.with_columns(**vintage), FORECAST_BRIDGE)
    closed = rows.group_by("scenario", "wlz_uitvoerder").agg(
        pl.col("change_eur").sum(), (pl.col("available_after_eur") - pl.col("available_before_eur")).first().alias("d")
    )
    assert (closed["change_eur"] == closed["d"]).all()
    return rows


def moved(after: AdviceFrames, *, who: str = "A", **how: object) -> dict[str, Decimal]:
    """Component → euro of an uitvoerder, those that moved."""
    rows = bridge(after, **how).filter(wlz_uitvoerder=who)  # type: ignore[arg-type]
    return {name: euro for name, euro in rows.select("component", "change_eur").iter_rows() if euro != 0}
