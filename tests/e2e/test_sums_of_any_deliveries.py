"""Whatever is delivered, every amount adds up to the cent, and the order of the rows changes nothing."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse import reference
from warehouse.settings import load_assumptions
from warehouse.tables.deliveries import BELEIDSREGELWAARDEN, DECLARATIES, HERSCHIKKING, NA_IJL, NACALCULATIE
from wlz.extra_items import build_extra_items, derive_lag_ratio
from wlz.known.assumptions import paid_shares
from wlz.prices.prices import derive_prices, value_volumes
from wlz.series import (
    aggregate_claims,
    assign_regions,
    build_series,
    claims_by_month,
    claims_by_year,
    claims_to_date,
    last_base_month,
)
from wlz.utilisation.path import monthly_path
from wlz.utilisation.utilisation import confront, latest_budgets, region_shares
from wlz.volumes.volumes import forecast_volumes, sum_year_volumes

CENT = Decimal("0.01")
DELIVERY_MONTH, BUDGET_YEAR = date(2018, 5, 1), 2018
CODES = ("5501", "5505", "5507", "5503", "5504", "5519", "5522")  # Menzis 3, Zilveren Kruis 2, DSW 1 region
UNITS = {"Z025": "14", "Z041": "14", "Z053": "14", "Z110": "14", "Z971": "14", "H104": "01"}
CARE_MONTHS = pl.date_range(date(2015, 1, 1), date(2018, 4, 1), "1mo", eager=True).to_list()
MONEY = pl.Decimal(18, 2)


@dataclass(frozen=True)
class Line:
    """One series of one zorgkantoor: where it begins, its volumes from there on (repeated), its price in cents."""

    code: str
    prestatie: str
    start: int
    volumes: tuple[float, ...]
    cents: int


LINES = st.lists(
    st.builds(
        Line,
        code=st.sampled_from(CODES),
        prestatie=st.sampled_from(sorted(UNITS)),
        start=st.sampled_from([0, 20, 32]),  # a series of full length, of 16 and of 4 months
        volumes=st.lists(
            st.floats(-50, 2000, allow_nan=False).map(lambda volume: round(volume, 3)), min_size=1, max_size=15
        ).map(tuple),
        cents=st.integers(1, 50_000),
    ),
    min_size=1,
    max_size=9,
    unique_by=lambda line: (line.code, line.prestatie),
)


def claims_of(lines: list[Line]) -> pl.DataFrame:
    """Claims in contract columns; amounts are volume × price to the cent, so corrections are negative."""
    rows = []
    for line in lines:
        for number, month in enumerate(CARE_MONTHS[line.start :]):
            volume = line.volumes[number % len(line.volumes)]
            amount = (Decimal(str(volume)) * line.cents / 100).quantize(CENT)
            rows.append(
                (date(2018, 5, 2), line.code, None, line.prestatie, month, UNITS[line.prestatie], volume, amount)
            )
    return pl.DataFrame(rows, schema=DECLARATIES.schema, orient="row")


def agreements_of(lines: list[Line], years: tuple[int, ...], kind: pl.DataFrame) -> pl.DataFrame:
    """Agreed or settled volumes of the years, at the declared price."""
    rows = [
        (
            date(2018, 2, 15),
            year,
            line.code,
            None,
            line.prestatie,
            UNITS[line.prestatie],
            1200.0,
            Decimal(12 * line.cents),
            "ja",
        )
        for line in lines
        for year in years
    ]
    return pl.DataFrame(rows, schema=kind.schema, orient="row")


def kader_of(codes: list[str], surplus: int) -> pl.DataFrame:
    rows = [
        (code, date(2018, 1, 1), date(2018, 5, 15), BUDGET_YEAR, Decimal(1_000_000 + surplus), Decimal(5_000))
        for code in codes
    ]
    types = [pl.String(), pl.Date(), pl.Date(), pl.Int32(), MONEY, MONEY]
    names = ["zorgkantoor_code", "placed_on", "stand_date", "budget_year", "zin_budget_eur", "pgb_budget_eur"]
    return pl.DataFrame(rows, schema=dict(zip(names, types, strict=True)), orient="row")


def stands_of(regions: pl.DataFrame) -> pl.DataFrame:
    """A December stand per region, different in each."""
    return regions.with_row_index("n").select(
        "zorgkantoorregio",
        "wlz_uitvoerder",
        pl.lit(date(2018, 12, 1)).alias("month"),
        pl.lit(None, dtype=MONEY).alias("granted_stand_eur"),
        (pl.col("n").cast(pl.Float64) * 333.33 + 1000.01).round(2).cast(MONEY).alias("forecast_stand_eur"),
    )


def advise(claims: pl.DataFrame, lines: list[Line], surplus: int) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The whole chain of pure functions: (utilisation, extra items, monthly path)."""
    crosswalk, regions, prestaties = reference.load_crosswalk(), reference.load_regions(), reference.load_prestaties()
    assumptions = load_assumptions(BUDGET_YEAR)
    by_region = aggregate_claims(claims.lazy(), crosswalk, regions, prestaties, DELIVERY_MONTH)
    series = build_series(by_region, DELIVERY_MONTH, 5, 36)
    base = series.filter(pl.col("in_forecast_base")).rename({"declared_volume": "volume"})
    volumes = forecast_volumes(
        base,
        first_month=base["care_month"].min(),
        last_month=date(BUDGET_YEAR, 12, 1),
        last_observed=last_base_month(base),
    )

    def place(frame: pl.DataFrame) -> pl.DataFrame:
        dated = frame.with_columns(pl.date(pl.col("year"), 1, 1).alias("placed_on"))
        return assign_regions(dated, crosswalk, regions, on="placed_on")

    agreed = place(agreements_of(lines[::2], (2017,), HERSCHIKKING))
    settled = place(agreements_of(lines[1::2], (2015, 2016), NACALCULATIE))
    prices = derive_prices(
        claims=claims_by_year(by_region),
        agreements=agreed,
        tariffs=BELEIDSREGELWAARDEN.empty(),
        paid_shares=paid_shares(reference.load_nhc_growin(), assumptions),
        volumes_year=sum_year_volumes(volumes, BUDGET_YEAR),
        prestaties=prestaties,
        budget_year=BUDGET_YEAR,
        assumptions=assumptions,
    )
    revenue = value_volumes(volumes, prices, prestaties, BUDGET_YEAR)
    earlier = claims_by_year(by_region)
    items = build_extra_items(
        settlements=settled,
        agreements=agreed,
        prices=prices,
        claims=earlier,
        revenue=revenue,
        prestaties=prestaties,
        delivered=NA_IJL.empty(),
        derived=derive_lag_ratio(earlier, earlier, BUDGET_YEAR - 2),
        budget_year=BUDGET_YEAR,
        lag_in_months=False,
    )
    codes = sorted(set(claims["zorgkantoor_code"]))
    placed = assign_regions(kader_of(codes, surplus), crosswalk, regions, on="placed_on").drop("placed_on")
    budgets = latest_budgets(placed, budget_year=BUDGET_YEAR)
    stands = stands_of(budgets.select("zorgkantoorregio", "wlz_uitvoerder").sort("zorgkantoorregio"))
    confronted = confront(
        revenue=revenue,
        extra_items=items,
        pgb=stands,
        budgets=budgets,
        claims_to_date=claims_to_date(by_region, BUDGET_YEAR),
        region_shares=region_shares(by_region, last_month=last_base_month(base)),
        assumptions=assumptions,
    )
    return (
        confronted,
        items,
        monthly_path(
            revenue=revenue,
            extra_items=items,
            pgb=stands,
            budgets=budgets,
            declared=claims_by_month(by_region, prestaties, 2018),
        ),
    )


def has_care_in_base(lines: list[Line]) -> bool:
    """Every uitvoerder needs a series with care in the base, or its kader has nothing to stand against."""
    return all(any(volume != 0 for volume in line.volumes) for line in lines)


AMOUNTS = ("expected_excl_extra_eur", "extra_items_eur", "expected_eur", "budget_eur", "available_eur")


@settings(max_examples=15, deadline=None, derandomize=True)
@given(lines=LINES.filter(has_care_in_base), surplus=st.integers(0, 10**9), seed=st.integers(0, 10**6))
def test_any_deliveries_add_up_and_their_order_changes_nothing(lines: list[Line], surplus: int, seed: int) -> None:
    """Three levels of every amount, the months, the items; and the same claims in another order, to the last digit."""
    claims = claims_of(lines)
    confronted, items, path = advise(claims, lines, surplus)
    sums = [pl.col(name).sum() for name in AMOUNTS]
    level = {name: confronted.filter(level=name) for name in ("region", "uitvoerder", "national")}
    key = ["wlz_uitvoerder", "part"]
    of_regions = level["region"].group_by(key).agg(sums).sort(key)
    assert of_regions.equals(level["uitvoerder"].select(of_regions.columns).sort(key))
    of_uitvoerders = level["uitvoerder"].group_by("part").agg(sums).sort("part")
    assert of_uitvoerders.equals(level["national"].select(of_uitvoerders.columns).sort("part"))
    declared = level["region"].filter(part="zin").group_by("wlz_uitvoerder").agg(pl.col("declared_to_date_eur").sum())
    of_zin = level["uitvoerder"].filter(part="zin").select(declared.columns).sort("wlz_uitvoerder")
    assert declared.sort("wlz_uitvoerder").equals(of_zin)
    zin = level["national"].filter(part="zin").row(0, named=True)
    assert zin["extra_items_eur"] == items["item_eur"].sum()
    assert zin["declared_to_date_eur"] == claims.filter(pl.col("care_month").dt.year() == 2018)["amount_eur"].sum()
    december = path.filter(part="zin", month=date(2018, 12, 1)).row(0, named=True)
    assert december["expected_cumulative_eur"] == zin["expected_excl_extra_eur"]
    assert december["expected_cumulative_incl_extra_eur"] == zin["expected_eur"]
    shuffled = claims.sample(fraction=1.0, shuffle=True, seed=seed)
    for again, before in zip(advise(shuffled, lines, surplus), (confronted, items, path), strict=True):
        assert again.equals(before)
