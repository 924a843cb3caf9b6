"""Small tables of an expectation and its kader, and random ones."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from itertools import product

import polars as pl
from hypothesis import settings
from hypothesis import strategies as st

from wlz.utilisation.regions import region_shares

EUR = pl.Decimal(18, 2)
D = Decimal
ASSUMPTIONS = {"brutering_factor": 0.86, "redistribution_reserve_eur": 260_000_000}
VINTAGE = {"delivery_month": date(2018, 5, 1), "budget_year": 2018, "scenario": "letter"}
NOTHING_DECLARED = pl.DataFrame(schema={"month": pl.Date, "declared_month_eur": EUR})
QUICK = settings(max_examples=40, deadline=None, derandomize=True)


def frame(rows: Iterable[tuple], **schema: pl.DataType) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=schema, orient="row")


def make_revenue(*rows: tuple[str, str, int, str, str, bool]) -> pl.DataFrame:
    """Prestatie, uitvoerder, month number, state, euro, in the base."""
    full = [(p, u, date(2018, m, 1), state, 1.0, D(euro), base) for p, u, m, state, euro, base in rows]
    return frame(
        full,
        prestatiecode=pl.String(),
        wlz_uitvoerder=pl.String(),
        care_month=pl.Date(),
        state=pl.String(),
        month_volume=pl.Float64(),
        forecast_amount_eur=EUR,
        in_base=pl.Boolean(),
    )


def make_items(*rows: tuple[str, str]) -> pl.DataFrame:
    return frame(
        [(u, "meerzorg", D(euro)) for u, euro in rows], wlz_uitvoerder=pl.String(), item=pl.String(), item_eur=EUR
    )


def make_series(*rows: tuple[str, str, str, date, str]) -> pl.DataFrame:
    """Prestatie, region, uitvoerder, care month, euro."""
    return frame(
        [(p, r, u, month, D(euro)) for p, r, u, month, euro in rows],
        prestatiecode=pl.String(),
        zorgkantoorregio=pl.String(),
        wlz_uitvoerder=pl.String(),
        care_month=pl.Date(),
        declared_amount_eur=EUR,
    )


def make_budgets(*rows: tuple[str, str, str, str]) -> pl.DataFrame:
    """Region, uitvoerder, kader zin, kader pgb; stand of 15 May 2018."""
    return frame(
        [(r, u, date(2018, 5, 15), D(zin), D(pgb)) for r, u, zin, pgb in rows],
        zorgkantoorregio=pl.String(),
        wlz_uitvoerder=pl.String(),
        stand_date=pl.Date(),
        zin_budget_eur=EUR,
        pgb_budget_eur=EUR,
    )


def make_pgb(*rows: tuple[str, str, str, str]) -> pl.DataFrame:
    """Region, uitvoerder, stand of March, December: the other months lie on a line between them."""
    full = []
    for region, uitvoerder, march, december in rows:
        for month in range(1, 13):
            on_line = D(march) + (D(december) - D(march)) * (month - 3) / 9
            stand = on_line.quantize(D("0.01"))
            seen = month <= 3
            full.append((region, uitvoerder, date(2018, month, 1), stand if seen else None, None if seen else stand))
    return frame(
        full,
        zorgkantoorregio=pl.String(),
        wlz_uitvoerder=pl.String(),
        month=pl.Date(),
        granted_stand_eur=EUR,
        forecast_stand_eur=EUR,
    )


CLAIMS = {"zorgkantoorregio": pl.String(), "wlz_uitvoerder": pl.String(), "declared_amount_eur": EUR}


def row_of(utilisation: pl.DataFrame, level: str, part: str, **where: str) -> dict:
    return utilisation.filter(pl.col("level") == level, pl.col("part") == part, **where).row(0, named=True)


CENTS = st.integers(-10_000_000, 50_000_000)


@st.composite
def deliveries(draw: st.DrawFn) -> dict[str, pl.DataFrame]:
    """Random uitvoerders, regions, prestaties, months and amounts; corrections may outweigh claims."""
    region_counts = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    places = [(f"r{u}{r}", f"u{u}") for u, count in enumerate(region_counts) for r in range(count)]
    uitvoerders = [f"u{u}" for u in range(len(region_counts))]
    codes = ["Z053", "Z110", "H126"][: draw(st.integers(1, 3))]

    def euro() -> str:
        return str(D(draw(CENTS)) / 100)

    known = [(p, r, u, date(2017, 7, 1), euro()) for p, (r, u) in product(codes, places) if draw(st.booleans())]
    revenue = [(p, u, m, "forecast", euro(), True) for p, u, m in product(codes, uitvoerders, (1, 12))]
    return {
        "revenue": make_revenue(*revenue),
        "extra_items": make_items(*((u, euro()) for u in uitvoerders)),
        "pgb": make_pgb(*((r, u, euro(), euro()) for r, u in places)),
        "budgets": make_budgets(*((r, u, euro(), euro()) for r, u in places)),
        "claims_to_date": frame([(r, u, D(euro())) for r, u in places], **CLAIMS),
        "region_shares": region_shares(make_series(*known), last_month=date(2017, 12, 1)),
    }
