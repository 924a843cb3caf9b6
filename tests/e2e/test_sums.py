"""Every published amount adds up to the cent: regions → uitvoerders → nation, months → year, volume × price → year."""

from collections import defaultdict
from decimal import ROUND_HALF_EVEN, Decimal

import pytest

from tests.e2e.handmade import House
from tests.lists import LISTS

CENT = Decimal("0.01")
MEERZORG = ", ".join(f"'{code}'" for code in LISTS.prestaties.filter("is_meerzorg")["prestatiecode"])
ROOM = ("expected_excl_extra_eur", "expected_eur", "budget_eur", "available_eur")
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
    meerzorg = set(LISTS.prestaties.filter("is_meerzorg")["prestatiecode"])
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


@in_every_scenario
def test_the_obvious_join_of_volumes_and_prices_is_the_published_sum(small_data: House, scenario: str) -> None:
    """As the example query says it; without in_base meerzorg would be in it too."""
    [(sql,)] = small_data.query(
        "select sql_text from marts.example_queries where query_name = 'expectation_from_volumes'", None
    )
    of_scenario = sql.replace("latest.", "marts.")
    [(from_volumes, published)] = small_data.query(of_scenario, scenario)
    assert from_volumes == published
    [(with_meerzorg, _)] = small_data.query(of_scenario.replace("volumes.in_base and ", ""), scenario)
    assert with_meerzorg > published


@in_every_scenario
def test_series_of_the_bounds_that_are_in_the_base_add_up_to_it(small_data: House, scenario: str) -> None:
    series = "from marts.forecast_bounds where level = 'series' and period = 'year' and part = 'zin' and in_base"
    [(of_series,)] = small_data.query(f"select sum(expected_eur) {series}", scenario)
    national = "select expected_excl_extra_eur from marts.utilisation_national where part = 'zin'"
    assert [(of_series,)] == small_data.query(national, scenario)


def test_the_balance_of_deliveries_adds_up_to_the_register_and_the_marts(small_data: House) -> None:
    """Rows and euro per delivery as the register has them; used claims and kader as the marts have them."""
    balance = (
        "select delivery_id, sum(fate_rows_count)::bigint, sum(fate_eur), any_value(delivered_rows_count), "
        "any_value(delivered_eur) from marts.delivery_balance group by 1"
    )
    told = {name: rest for name, *rest in small_data.query(balance, None)}
    register = small_data.store.read_register()
    assert set(told) == set(register["delivery_id"])
    for name, rows, euro in register.select("delivery_id", "rows_count", "amount_eur").iter_rows():
        assert told[name][0] == told[name][2] == rows, name
        assert told[name][1] == told[name][3], name
        assert euro is None or told[name][3] == euro, name
    used = "select sum(fate_eur) from latest.delivery_balance where fate_rule = "
    to_date = "select declared_to_date_eur from latest.zin_uitvoerder where wlz_uitvoerder = 'Landelijk'"
    assert small_data.query(f"{used}'claims_of_the_year'", None) == small_data.query(to_date, None)
    kader = "select sum(budget_eur) from latest.utilisation_national"
    assert small_data.query(f"{used}'kader_of_the_year'", None) == small_data.query(kader, None)
