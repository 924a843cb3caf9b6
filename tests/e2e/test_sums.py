"""Every amount adds up to the cent: region → uitvoerder → nation, months → year, volume × price → expectation."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from e2e.handmade import House
from warehouse import reference
from warehouse.settings import load_assumptions
from warehouse.tables.deliveries import BELEIDSREGELWAARDEN, DECLARATIES, HERSCHIKKING, NA_IJL, NACALCULATIE
from wlz.assumptions import paid_shares
from wlz.extra_items import build_extra_items, derive_lag_ratio
from wlz.prices import derive_prices, value_volumes
from wlz.series import (
    aggregate_claims,
    assign_regions,
    build_series,
    claims_by_month,
    claims_by_year,
    claims_to_date,
    last_base_month,
)
from wlz.utilisation import confront, latest_budgets, region_shares
from wlz.utilisation_path import monthly_path
from wlz.volumes import forecast_volumes, sum_year_volumes

CENT = Decimal("0.01")
MEERZORG = ", ".join(f"'{code}'" for code in reference.load_prestaties().filter("is_meerzorg")["prestatiecode"])
ROOM = ("expected_excl_extra_eur", "expected_eur", "budget_eur", "available_eur")


# --- The published marts ------------------------------------------------------------------------------------------

LEVELS = [
    # finer mart, what it is added by, coarser mart, columns
    ("zin_region", "wlz_uitvoerder", "zin_uitvoerder", ("declared_to_date_eur", *ROOM)),
    ("zin_region", "wlz_uitvoerder", "extra_items_uitvoerder", ("extra_items_eur",)),
    ("pgb_region", "wlz_uitvoerder", "pgb_uitvoerder", ("granted_to_date_eur", *ROOM)),
]


SCENARIOS = ("letter", "base", "completed", "low", "high", "indications")  # of reference/assumptions/common.toml
in_every_scenario = pytest.mark.parametrize("scenario", SCENARIOS)


def test_every_scenario_of_the_year_is_added_up_here(small_data: House) -> None:
    assert sorted(small_data.scenarios) == sorted(SCENARIOS)
    for mart in ("zin_region", "volume_forecast", "price_derivation", "utilisation_monthly", "forecast_bounds"):
        assert small_data.query(f"select count(distinct scenario) from marts.{mart}", None) == [(len(SCENARIOS),)], mart


@in_every_scenario
@pytest.mark.parametrize(("fine", "by", "coarse", "columns"), LEVELS, ids=lambda value: str(value)[:22])
def test_regions_add_up_to_uitvoerders(
    small_data: House, scenario: str, fine: str, by: str, coarse: str, columns: tuple[str, ...]
) -> None:
    sums = ", ".join(f"sum({name})" for name in columns)
    of_regions = f"select {by}, {sums} from marts.{fine} where {by} <> 'Landelijk' group by 1 order by 1"
    finer = small_data.query(of_regions, scenario)
    wanted = ", ".join(columns)
    of_uitvoerders = f"select {by}, {wanted} from marts.{coarse} where {by} <> 'Landelijk' order by 1"
    coarser = small_data.query(of_uitvoerders, scenario)
    assert len(coarser) == 3
    assert finer == coarser


@in_every_scenario
@pytest.mark.parametrize(
    ("mart", "columns"),
    [
        ("zin_region", ("declared_to_date_eur", "extra_items_eur", *ROOM)),
        ("zin_uitvoerder", ("declared_to_date_eur", *ROOM)),
        ("pgb_region", ("granted_to_date_eur", *ROOM)),
        ("pgb_uitvoerder", ("granted_to_date_eur", *ROOM)),
        ("extra_items_uitvoerder", ("crisisbedden_eur", "na_ijl_eur", "meerzorg_eur", "extra_items_eur")),
    ],
)
def test_the_total_is_the_sum_of_its_rows(
    small_data: House, scenario: str, mart: str, columns: tuple[str, ...]
) -> None:
    for name in columns:
        sql = f"select sum({name}) filter (wlz_uitvoerder <> 'Landelijk'), sum({name}) from marts.{mart}"
        [(rows, with_total)] = small_data.query(sql, scenario)
        assert with_total - rows == rows, name
        inside_the_months = scenario == "completed" and name == "na_ijl_eur"
        assert (rows == 0) == inside_the_months, name


@in_every_scenario
def test_uitvoerders_add_up_to_the_nation_per_part(small_data: House, scenario: str) -> None:
    sums = ", ".join(f"sum({name})" for name in ROOM)
    of_uitvoerders = "marts.utilisation_uitvoerder where wlz_uitvoerder <> 'Landelijk'"
    rows = small_data.query(f"select part, {sums} from {of_uitvoerders} group by 1 order by 1", scenario)
    totals = f"select part, {', '.join(ROOM)} from marts"
    assert rows == small_data.query(f"{totals}.utilisation_national order by 1", scenario)
    of_nation = f"{totals}.utilisation_uitvoerder where wlz_uitvoerder = 'Landelijk' order by 1"
    assert rows == small_data.query(of_nation, scenario)


@in_every_scenario
def test_expectation_and_room_follow_from_their_parts(small_data: House, scenario: str) -> None:
    """expected = without extra items + extra items; available = kader − expected; the ratio is to the kader."""
    rows = small_data.query(
        "select z.expected_excl_extra_eur + e.extra_items_eur - z.expected_eur, "
        "z.budget_eur - z.expected_eur - z.available_eur, e.crisisbedden_eur + e.na_ijl_eur + e.meerzorg_eur "
        "- e.extra_items_eur, z.available_eur::double / z.budget_eur::double - z.available_ratio "
        "from marts.zin_uitvoerder z join marts.extra_items_uitvoerder e using (wlz_uitvoerder)",
        scenario,
    )
    assert len(rows) == 4
    for excl, room, items, ratio in rows:
        assert (excl, room, items) == (0, 0, 0)
        assert abs(ratio) < 1e-12


@in_every_scenario
def test_the_months_end_at_the_year(small_data: House, scenario: str) -> None:
    rows = small_data.query(
        "select m.part, sum(m.month_eur), max_by(m.expected_cumulative_eur, m.month), "
        "max_by(m.expected_cumulative_incl_extra_eur, m.month), any_value(n.expected_excl_extra_eur), "
        "any_value(n.expected_eur), any_value(m.budget_eur) - any_value(n.budget_eur) "
        "from marts.utilisation_monthly m join marts.utilisation_national n using (part) group by 1",
        scenario,
    )
    assert {row[0] for row in rows} == {"zin", "pgb"}
    for _, months, cumulative, with_items, excl, expected, budget in rows:
        assert (months, cumulative, with_items, budget) == (excl, excl, expected, 0)


@in_every_scenario
def test_volume_times_price_is_the_expectation(small_data: House, scenario: str) -> None:
    """Recomputed from the two published marts: months × price, half-even to the cent, meerzorg left out."""
    meerzorg = set(reference.load_prestaties().filter("is_meerzorg")["prestatiecode"])
    rows = small_data.query(
        "select v.prestatiecode, v.wlz_uitvoerder, "
        "coalesce(v.completed_volume, v.forecast_volume) * p.price_eur_per_unit "
        "from marts.volume_forecast v left join marts.price_derivation p using (prestatiecode, wlz_uitvoerder) "
        "where year(v.care_month) = 2018 and p.price_eur_per_unit is not null",
        scenario,
    )
    found: dict[str, Decimal] = defaultdict(Decimal)
    for prestatie, uitvoerder, amount in rows:
        if prestatie not in meerzorg:
            found[uitvoerder] += Decimal(amount).quantize(CENT, rounding=ROUND_HALF_EVEN)
    published = small_data.query(
        "select wlz_uitvoerder, expected_excl_extra_eur from marts.zin_uitvoerder where wlz_uitvoerder <> 'Landelijk'",
        scenario,
    )
    # Floats on a half cent may fall either way: a cent per thousand amounts at most.
    for uitvoerder, expected in published:
        assert abs(found[uitvoerder] - expected) <= Decimal("0.01"), uitvoerder


@in_every_scenario
def test_expectations_beside_the_bounds_are_those_of_the_marts(small_data: House, scenario: str) -> None:
    """Series of the base add up to their uitvoerder; year rows are the published ones to the cent; bounds hold them."""
    [(differing, rows)] = small_data.query(
        "select count(*) filter (abs(b.expected_eur - u.expected_eur) > 0.005), count(*) "
        "from marts.forecast_bounds b join marts.utilisation_uitvoerder u using (part, wlz_uitvoerder) "
        "where b.period = 'year' and b.level in ('uitvoerder', 'national')",
        scenario,
    )
    assert (differing, rows) == (0, 8)
    outside = small_data.query(
        "select level, part, wlz_uitvoerder, lower_95_eur, lower_80_eur, upper_80_eur, upper_95_eur "
        "from marts.forecast_bounds where not (lower_95_eur <= lower_80_eur and lower_80_eur <= upper_80_eur "
        "and upper_80_eur <= upper_95_eur)",
        scenario,
    )
    assert outside == []
    # Months of each level: the sum of its series (no meerzorg) and a twelfth of the extra items.
    wrong = small_data.query(
        "with of_series as (select wlz_uitvoerder, month, sum(expected_eur) as euro from marts.forecast_bounds "
        f"where level = 'series' and period = 'month' and prestatiecode not in ({MEERZORG}) group by 1, 2) "
        "select b.wlz_uitvoerder, b.month, b.expected_eur, s.euro, e.extra_items_eur from marts.forecast_bounds b "
        "join of_series s using (wlz_uitvoerder, month) join marts.extra_items_uitvoerder e using (wlz_uitvoerder) "
        "where b.level = 'uitvoerder' and b.part = 'zin' and b.period = 'month' "
        "and abs(b.expected_eur - s.euro - e.extra_items_eur / 12) > 0.02",
        scenario,
    )
    assert wrong == []


MART_BOUNDS = [
    # mart, its rows with bounds, the level, period and part they come from, how a row is found there
    ("volume_forecast", "year(care_month) = 2018", "series", "month", "zin", "prestatiecode, wlz_uitvoerder"),
    ("pgb_forecast", "forecast_stand_eur is not null", "region", "month", "pgb", "zorgkantoorregio"),
    ("pgb_region", "wlz_uitvoerder <> 'Landelijk'", "region", "year", "pgb", "zorgkantoorregio"),
    ("zin_region", "wlz_uitvoerder <> 'Landelijk'", "region", "year", "zin", "zorgkantoorregio"),
    ("zin_uitvoerder", "wlz_uitvoerder <> 'Landelijk'", "uitvoerder", "year", "zin", "wlz_uitvoerder"),
    ("pgb_uitvoerder", "wlz_uitvoerder <> 'Landelijk'", "uitvoerder", "year", "pgb", "wlz_uitvoerder"),
    ("utilisation_national", "part = 'zin'", "national", "year", "zin", "part"),
    ("utilisation_monthly", "part = 'zin'", "national", "cumulative", "zin", "month"),
]


@pytest.mark.parametrize(("mart", "rows", "level", "period", "part", "key"), MART_BOUNDS, ids=lambda value: value[:20])
def test_a_mart_shows_the_bounds_of_its_level(
    small_data: House, mart: str, rows: str, level: str, period: str, part: str, key: str
) -> None:
    """Every row of every scenario has bounds, and they are those of forecast_bounds."""
    measure = "volume" if level == "series" else "eur"
    bounds = ", ".join(f"{side}_{sure}_{measure}" for sure in (80, 95) for side in ("lower", "upper"))
    month = {"volume_forecast": "care_month", "pgb_forecast": "month"}.get(mart)
    shown = f"select scenario, {key}{f', {month}' if month else ''}, {bounds} from marts.{mart} where {rows}"
    source = f"select scenario, {key}{', month' if month else ''}, {bounds} from marts.forecast_bounds "
    source += f"where level = '{level}' and period = '{period}' and part = '{part}'"
    for one, other in ((shown, source), (source, shown)):
        assert small_data.query(f"{one} except {other}", None) == []
    assert len(small_data.query(shown, None)) == len(small_data.query(source, None)) > 0
    assert small_data.query(f"{shown} and lower_80_{measure} is null", None) == []


# --- Any deliveries -----------------------------------------------------------------------------------------------

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
