"""Whatever is delivered, every amount adds up to the cent, and the order of the rows changes nothing."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.lists import LISTS
from warehouse.lake import know_frames, settle_tables
from warehouse.settings import load_scenarios
from warehouse.tables.deliveries import DECLARATIES, HERSCHIKKING, KADER, NACALCULATIE, PGB_VERLENINGEN
from warehouse.tables.lag import COMPLETED_SERIES
from warehouse.tables.volumes import BACKTEST
from wlz.advice import Advice, compute_advice
from wlz.known.scenarios import LETTER
from wlz.series import aggregate_claims, sum_regions

CENT = Decimal("0.01")
DELIVERY_MONTH, BUDGET_YEAR = date(2018, 5, 1), 2018
CODES = ("5501", "5505", "5507", "5503", "5504", "5519", "5522")  # Menzis 3, Zilveren Kruis 2, DSW 1 region
UNITS = {"Z025": "14", "Z041": "14", "Z053": "14", "Z110": "14", "ZMZTL": "14", "H104": "01"}
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
    """A kader per zorgkantoor."""
    rows = [
        (date(2018, 5, 15), date(2018, 5, 15), code, BUDGET_YEAR, Decimal(1_000_000 + surplus), Decimal(5_000))
        for code in codes
    ]
    return pl.DataFrame(rows, schema=KADER.schema, orient="row")


def grants_of(codes: list[str]) -> pl.DataFrame:
    """Granted budgets of four years per zorgkantoor, different in each."""
    stands = [date(year, month, 28) for year in (2015, 2016, 2017, 2018) for month in range(1, 13)][:40]
    rows = [
        {
            **dict.fromkeys(PGB_VERLENINGEN.column_names, 0),
            "delivery_date": date(2018, 4, 2),
            "reference_date": stand,
            "zorgkantoor_code": code,
            "budget_year": stand.year,
            "granted_eur": Decimal(100_001 + 33_333 * number + 100 * stand.month),
        }
        for number, code in enumerate(codes)
        for stand in stands
    ]
    return pl.DataFrame(rows, schema=PGB_VERLENINGEN.schema, strict=False)


def advise(claims: pl.DataFrame, lines: list[Line], surplus: int) -> Advice:
    """The line on these claims, scenario letter; half of the series are agreed, the others settled."""
    codes = sorted(set(claims["zorgkantoor_code"]))
    delivered = {
        "declaraties": claims,
        "herschikking": agreements_of(lines[::2], (2017,), HERSCHIKKING),
        "nacalculatie": agreements_of(lines[1::2], (2015, 2016), NACALCULATIE),
        "kader": kader_of(codes, surplus),
        "pgb_verleningen": grants_of(codes),
    }
    places = LISTS
    year_ago = sum_regions(
        aggregate_claims(claims.lazy(), places.crosswalk, places.regions, places.prestaties, DELIVERY_MONTH)
    )
    letter = [one for one in load_scenarios(BUDGET_YEAR)[0] if one.name == LETTER]
    known = know_frames(DELIVERY_MONTH, delivered, letter, year_ago=lambda: year_ago)
    given = {"backtest": BACKTEST.empty(), "completed_series": COMPLETED_SERIES.empty()}
    return compute_advice(known, settle_tables(known), ["utilisation", "utilisation_months"], given)


def has_care_in_base(lines: list[Line]) -> bool:
    """Every uitvoerder needs a series with care in the base, or its kader has nothing to stand against."""
    return all(any(volume != 0 for volume in line.volumes) for line in lines)


AMOUNTS = ("expected_excl_extra_eur", "extra_items_eur", "expected_eur", "budget_eur", "available_eur")


@settings(max_examples=15, deadline=None, derandomize=True)
@given(lines=LINES.filter(has_care_in_base), surplus=st.integers(0, 10**9), seed=st.integers(0, 10**6))
def test_any_deliveries_add_up_and_their_order_changes_nothing(lines: list[Line], surplus: int, seed: int) -> None:
    """Three levels of every amount, the months, the items; and the same claims in another order, to the last digit."""
    claims = claims_of(lines)
    advice = advise(claims, lines, surplus)
    confronted, items, path = advice["utilisation"], advice["extra_items"], advice["utilisation_months"]
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
    shuffled = advise(claims.sample(fraction=1.0, shuffle=True, seed=seed), lines, surplus)
    assert {name for name in advice if not shuffled[name].equals(advice[name])} == set()
