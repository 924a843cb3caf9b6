"""Rules on units and prices in the claims, each with its planted defect and clean twin: U01 to P04.

How a verdict comes about is in tests/spec/test_claim_units.py and test_claim_prices.py; here is what is said and done.
"""

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from expectations.claim_prices import RULES
from expectations.judging.delivery_view import DeliveryView
from expectations.judging.results import CheckResult, list_findings_of
from expectations.judging.rule import measure
from expectations.judging.runner import judge
from simulation import simulate_deliveries
from simulation.reference import load_simulation_reference
from warehouse import reference
from warehouse.contract import MONEY
from warehouse.landing import read_delivery
from warehouse.settings import load_assumptions, load_delivery_format
from warehouse.tables.deliveries import BELEIDSREGELWAARDEN, DECLARATIES, HERSCHIKKING, KINDS

ASSUMPTIONS = load_assumptions(2018)
MONTHS = pl.date_range(date(2015, 1, 1), date(2018, 4, 1), "1mo", eager=True)
UITVOERDERS = ("VGZ", "CZ", "DSW", "De Friesland", "Menzis", "ENO", "Zorg en Zekerheid", "Achmea")
CODES = [f"550{number}" for number in range(len(UITVOERDERS))]
CROSSWALK = pl.DataFrame(
    [(code, date(2015, 1, 1), None, name) for code, name in zip(CODES, UITVOERDERS, strict=True)],
    schema={"zorgkantoor_code": pl.String, "valid_from": pl.Date, "valid_to": pl.Date, "zorgkantoorregio": pl.String},
    orient="row",
)
REGIONS = pl.DataFrame({"zorgkantoorregio": UITVOERDERS, "wlz_uitvoerder": UITVOERDERS})
# Per prestatie the unit, the price and the volume a month of every provider.
CARE = (("H104", "01", 0.90, 6000.0), ("F125", "04", 90.0, 100.0), ("Z041", "14", 100.0, 3000.0))
VGZ = (pl.col("zorgkantoor_code") == CODES[0]) & (pl.col("agb_code") == "10000000")
SINCE_2018 = pl.col("care_month") >= date(2018, 1, 1)
SIZES = ("one_prestatie", "eight_uitvoerders", "three_providers_each")


def claims_of(size: str) -> pl.DataFrame:
    """Steady claims: of one provider per uitvoerder, or three; of one prestatie only the one a test is about."""
    count = 3 if size == "three_providers_each" else 1
    rows = [
        (date(2018, 5, 2), code, f"1000000{number}", prestatie, month, unit, volume, volume * price)
        for code in CODES
        for number in range(count)
        for prestatie, unit, price, volume in CARE
        for month in MONTHS
    ]
    frame = pl.DataFrame(rows, schema={**DECLARATIES.schema, "amount_eur": pl.Float64()}, orient="row")
    return frame.with_columns(pl.col("amount_eur").cast(MONEY))


def shift(frame: pl.DataFrame, prestatie: str, r: float, q: float, where: pl.Expr = VGZ & SINCE_2018) -> pl.DataFrame:
    """Price times r and volume times q in some rows of a prestatie."""
    hit = where & (pl.col("prestatiecode") == prestatie)
    amount = pl.col("amount_eur").cast(pl.Float64) * r * q
    return frame.with_columns(
        pl.when(hit).then(pl.col("volume") * q).otherwise("volume").alias("volume"),
        pl.when(hit).then(amount.round(2).cast(MONEY)).otherwise("amount_eur").alias("amount_eur"),
    )


TARIFFS = pl.DataFrame(
    [
        (date(2018, 1, 1), year, prestatie, unit, price * 1.05, price * 0.1, 0.0)
        for year in (2016, 2017, 2018)
        for prestatie, unit, price, _ in CARE
    ],
    schema={name: pl.Float64() if dtype == MONEY else dtype for name, dtype in BELEIDSREGELWAARDEN.schema.items()},
    orient="row",
)


@pytest.fixture
def judge_claims(make_view: Callable[..., DeliveryView]) -> Callable[..., dict[str, CheckResult]]:
    """Results per check id of the rules with findings, or of ``every`` rule, on claims of May 2018."""

    def run(frame: pl.DataFrame, *, every: bool = False, **changes: object) -> dict[str, CheckResult]:
        around = {"crosswalk": CROSSWALK, "regions": REGIONS, "assumptions": ASSUMPTIONS, "tariffs": TARIFFS}
        view = make_view(frame, **{**around, **changes})
        measured = [measure(rule, view) for rule in RULES]
        assert [metrics.error for metrics in measured if metrics.error] == []
        results = judge([metrics for metrics in measured if every or metrics.frame["findings_count"].sum()])
        return {result.check_id: result for result in results}

    return run


def failed(results: dict[str, CheckResult]) -> list[str]:
    return [check_id for check_id, result in results.items() if result.outcome == "failed"]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("check_id", "prestatie", "r", "q", "severity", "euro"),
    [
        ("U01", "H104", 60.0, 1 / 60, "warn", 21_600),  # four months of 6,000 × 0.90: all of it
        ("U01", "F125", 1 / 60, 60.0, "warn", 36_000),
        ("U02", "F125", 12.0, 1 / 12, "warn", 36_000),
        ("U03", "H104", 10.0, 1 / 10, "warn", 21_600),
        ("U04", "Z041", 27.0, 1 / 27, "warn", 1_200_000),
        ("U-scale", "H104", 100.0, 1.0, "block", 21_600 * 99),  # what lies above the right amount
        ("U-scale", "Z041", 1 / 1000, 1.0, "block", 1_200 * 999),
        ("U-volume", "H104", 1.0, 60.0, "block", 5400 * 59 * 3),  # three months; the fourth is incomplete
        ("P01", "Z041", 1.2, 1.0, "block", 300_000 * 4 * 0.05),  # 120 against 115
        ("P03", "Z041", 0.7, 1.0, "warn", 300_000 * 4 * 0.3),
        ("P04", "H104", 0.83, 1.0, "warn", 5400 * 2 * 0.17),  # January and February, until 0.747 is the median
    ],
)
def test_planted_defect_is_told_once_with_its_euro(
    judge_claims, check_id: str, prestatie: str, r: float, q: float, severity: str, euro: float, size: str
):
    """The defect of one provider; for the rules that compare uitvoerders, of all providers of VGZ."""
    compares_uitvoerders = check_id in ("P03", "P04")
    planted, where = claims_of(size), pl.col("zorgkantoor_code") == CODES[0] if compares_uitvoerders else VGZ
    factor = 3 if compares_uitvoerders and size == "three_providers_each" else 1
    if size == "one_prestatie":
        planted = planted.filter(prestatiecode=prestatie)
    allowed = {"price_above_maximum_block_ratio": 100.0} if severity == "warn" else {}
    results = judge_claims(shift(planted, prestatie, r, q, where & SINCE_2018), assumptions={**ASSUMPTIONS, **allowed})
    assert failed(results) == (["P03", "P04"] if check_id == "P03" else [check_id])
    result = results[check_id]
    assert (result.findings_count, result.severity) == (1, severity)
    assert float(result.at_stake_eur) == pytest.approx(euro * factor, rel=1e-4)
    assert result.findings["wlz_uitvoerder"].to_list() == ["VGZ"]
    assert prestatie in result.observed


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("tariffs", [TARIFFS, None])
def test_clean_claims_pass_every_rule(judge_claims, size: str, tariffs: pl.DataFrame | None):
    clean = claims_of(size)
    if size == "one_prestatie":
        clean = clean.filter(prestatiecode="H104")
    results = judge_claims(clean, every=True, tariffs=tariffs)
    assert {result.outcome for result in results.values()} == {"passed"}


@pytest.mark.parametrize(
    "kept", [pl.lit(False), pl.col("care_month") < date(2016, 1, 1), pl.col("care_month").dt.year() == 2016]
)
def test_claims_without_a_month_to_judge_break_no_rule(judge_claims, kept: pl.Expr):
    assert failed(judge_claims(claims_of("eight_uitvoerders").filter(kept))) == []


SINCE_EVER = pl.lit(True)


@pytest.mark.parametrize(
    ("check_id", "prestatie", "r", "q", "since", "severity"),
    [
        ("U01", "H104", 60.0, 1 / 60, SINCE_2018, "warn"),  # confirmed, so it is corrected
        ("U01", "H104", 60.0, 1 / 10, SINCE_2018, "block"),  # six times the care in another unit is anybody's guess
        ("U01", "H104", 60.0, 1 / 10, SINCE_EVER, "block"),  # also when it is as old as the claims
        ("U02", "F125", 12.0, 1 / 12, SINCE_2018, "block"),
        ("U02", "F125", 12.0, 1 / 12, SINCE_EVER, "block"),
        ("U03", "H104", 10.0, 1 / 10, SINCE_2018, "warn"),  # 43 % of a price that is 2 % of what VGZ claims
        ("U04", "Z041", 27.0, 1 / 27, SINCE_2018, "block"),
    ],
)
def test_a_wrong_unit_that_moves_the_price_of_the_year_refuses_the_delivery(
    judge_claims, check_id: str, prestatie: str, r: float, q: float, since: pl.Expr, severity: str
):
    """A volume forecast from good years times a price of bad months: 60 times the care, found at exit 0."""
    result = judge_claims(shift(claims_of("three_providers_each"), prestatie, r, q, VGZ & since))[check_id]
    assert (result.outcome, result.severity) == ("failed", severity)


def test_wrong_unit_says_who_when_by_how_much_and_what_it_does_to_the_price(judge_claims):
    """100 hours for 6,000 minutes, € 5,400 a month as before: the mean price of VGZ, 0.90, becomes 54.00."""
    message = judge_claims(shift(claims_of("eight_uitvoerders"), "H104", 60.0, 1 / 60))["U01"].message
    assert (
        "VGZ, zorgkantoor 5500, provider 10000000, prestatie H104, unit 01, 2018-01 to 2018-04: price 60.0 x its own "
        "price of 2016 (€ 54.00 against € 0.9000), volume 0.017 x; fits 60 (off by 0.00), hours under the code of "
        "minutes, confirmed by the volume, which counts times 60; mean price of VGZ in 2018 as delivered € 54.00, "
        "without it € 0.9000, which is used"
    ) in message
    assert "the volume counts times the factor (claim_unit_corrections)" in message
    assert "About € 21,600 is at stake" in message


def test_other_verdicts_in_words(judge_claims):
    clean = claims_of("eight_uitvoerders")
    assert (
        "15.3% of the reported volume in the larger unit"
        in judge_claims(shift(clean, "H104", 10.0, 0.1))["U03"].message
    )
    assert (
        "25.0% of the real volume in the smaller unit"
        in judge_claims(shift(clean, "F125", 4 / 63, 15.75))["U03"].message
    )
    assert "fits 24 (off by 0.12) and 30.4375" in judge_claims(shift(clean, "Z041", 27.0, 1 / 27))["U04"].message
    assert "the volume is not what is wrong" in judge_claims(shift(clean, "H104", 60.0, 1.0))["U-scale"].message
    assert "the volume does not confirm it" in judge_claims(shift(clean, "F125", 4.0, 0.1))["U02"].message
    april = VGZ & (pl.col("care_month") == date(2018, 4, 1))
    last = judge_claims(shift(clean, "H104", 60.0, 1 / 60, april))["U01"].message
    assert "2018-04: price 60.0 x" in last
    assert "volume unknown; fits 60 (off by 0.00), hours under the code of minutes, no volume to confirm it" in last


def test_claims_per_zorgkantoor_are_judged_and_named_as_such(judge_claims):
    whole = claims_of("eight_uitvoerders").with_columns(agb_code=pl.lit(None, dtype=pl.String))
    planted = shift(whole, "H104", 60.0, 1 / 60, (pl.col("zorgkantoor_code") == CODES[0]) & SINCE_2018)
    result = judge_claims(planted)["U01"]
    assert "zorgkantoor 5500, all providers together, prestatie H104" in result.message
    about = list_findings_of([result], date(2018, 5, 1)).select("wlz_uitvoerder", "zorgkantoor_code", "agb_code")
    assert about.rows() == [("VGZ", "5500", None)]


def test_error_of_all_years_is_found_by_the_agreement(judge_claims):
    """Every uitvoerder agreed what it claims; the provider that claims hours in every month is far from its own."""
    rows = [
        (date(2018, 2, 1), 2017, code, "10000000", "H104", "01", 72_000.0, Decimal("64800.00"), "ja") for code in CODES
    ]
    agreements = pl.DataFrame(rows, schema=HERSCHIKKING.schema, orient="row")
    planted = shift(claims_of("eight_uitvoerders"), "H104", 60.0, 1 / 60, VGZ)
    result = judge_claims(planted, agreements=agreements)["U01"]
    assert "2017-01 to 2018-04: price 60.0 x the agreed price" in result.message
    assert "confirmed by the volume" in result.message
    assert failed(judge_claims(claims_of("eight_uitvoerders"), agreements=agreements)) == []


def test_excess_above_one_percent_of_the_uitvoerder_refuses_the_delivery(judge_claims):
    """VGZ claims 314,400 a month. F125 at € 120 against € 103.50 is 1,650 a month: 0.5 %; Z041 at 120 is 15,000."""
    clean = claims_of("eight_uitvoerders")
    small = judge_claims(shift(clean, "F125", 120 / 90, 1.0))["P01"]
    large = judge_claims(shift(clean, "Z041", 1.2, 1.0))["P01"]
    assert (small.severity, small.is_blocking) == ("warn", False)
    assert (large.severity, large.is_blocking) == ("block", True)
    assert "2018: € 120.00 a unit, maximum € 115.00, on 12,000 units" in large.message
    for row in large.findings.iter_rows(named=True):
        assert row["agb_code"]
        assert f"zorgkantoor {row['zorgkantoor_code']}, provider {row['agb_code']}, " in row["observed"]


def test_three_uitvoerders_are_not_compared_and_said_so(judge_claims):
    three = claims_of("eight_uitvoerders").filter(pl.col("zorgkantoor_code").is_in(CODES[:3]))
    results = judge_claims(shift(three, "Z041", 0.7, 1.0), every=True, tariffs=None)
    assert results["P03"].observed == "fewer than 5 uitvoerders per prestatie, so nothing was judged"
    assert results["P01"].observed == "no maximum tariffs known, so nothing was judged"
    assert failed(results) == ["P04"]


def test_zorgkantoor_outside_the_crosswalk_breaks_no_rule(judge_claims):
    """Its delivery is refused by D02; the unit of its claims can still be told."""
    unknown = claims_of("eight_uitvoerders").with_columns(pl.col("zorgkantoor_code").replace("5500", "5599"))
    planted = shift(unknown, "H104", 60.0, 1 / 60, (pl.col("zorgkantoor_code") == "5599") & SINCE_2018)
    assert "unknown uitvoerder, zorgkantoor 5599" in judge_claims(planted)["U01"].message


# --- simulated deliveries ------------------------------------------------------------------------------------------


def simulated(tmp_path: Path, seed: int, defects: Sequence[str] = ()) -> dict[str, pl.DataFrame]:
    """The newest small delivery of what these rules look at, in contract columns."""
    frames = {}
    files = simulate_deliveries(
        load_simulation_reference("small"), scale="small", until=date(2018, 5, 1), seed=seed, defects=defects
    )
    newest = {
        file.kind: file.frame for file in files if file.kind in ("declaraties", "herschikking", "beleidsregelwaarden")
    }
    for kind, frame in newest.items():
        path = tmp_path / f"{kind}.parquet"
        frame.write_parquet(path)
        frames[kind] = read_delivery(path, KINDS[kind], load_delivery_format())
    return frames


@pytest.mark.parametrize("seed", [1, 2])
def test_simulated_claims(judge_claims, tmp_path: Path, seed: int):
    """Clean: not one finding on some 150 prestaties of providers and 270 months. Planted: that provider, once."""
    around = {"crosswalk": reference.load_crosswalk(), "regions": reference.load_regions()}
    clean = simulated(tmp_path, seed)
    known = {"tariffs": clean["beleidsregelwaarden"], "agreements": clean["herschikking"]}
    assert failed(judge_claims(clean["declaraties"], **around, **known)) == []
    planted = simulated(tmp_path, seed, ["unit_error"])["declaraties"]
    results = judge_claims(planted, **around, **known)
    assert failed(results) == ["U01"]
    assert results["U01"].findings_count == 1
    (changed,) = planted.filter(planted["volume"] != clean["declaraties"]["volume"])["prestatiecode"].unique()
    assert f"prestatie {changed}" in results["U01"].observed
