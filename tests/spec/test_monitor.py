"""Monitor: providers that are late or wrong, and how claims deliveries came in; small frames in, what must come out."""

from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse.contract import conform
from warehouse.tables.deliveries import DECLARATIES, DELIVERY_REGISTER
from warehouse.tables.lag import COMPLETED_SERIES
from warehouse.tables.monitor import DELIVERY_STATUS, MONITOR_PROVIDER
from warehouse.tables.quality import CHECK_FINDINGS, DATA_QUALITY
from warehouse.tables.series import SERIES
from wlz.monitor import (
    PROVIDER_SCHEMA,
    TOTALS_SCHEMA,
    WRONG_SCHEMA,
    completed_of,
    count_findings,
    find_places,
    first_month_needed,
    measure_completeness,
    monitor_providers,
    report_deliveries,
    sum_providers,
    sum_uitvoerders,
)

APRIL, MAY = date(2018, 4, 1), date(2018, 5, 1)
CURVE = (0.0, 0.4, 0.9, 0.97)  # share known at lag 0 to 3; all of it later
LIMITS = {
    "provider_complete_lag_months": 4,
    "provider_usual_months": 6,
    "provider_late_ratio": 0.5,
    "provider_stopped_lag_months": 6,
    "provider_minimum_month_eur": 25_000,
}
PLACES = pl.DataFrame(
    [("5508", "Nijmegen", "VGZ"), ("5518", "Haaglanden", "CZ"), ("5519", "Westland", "DSW")],
    schema=["zorgkantoor_code", "zorgkantoorregio", "wlz_uitvoerder"],
    orient="row",
)
PROVIDERS = {  # agb_code, zorgkantoor_code → euro a month
    ("99000001", "5508"): 1_000_000.0,
    ("99000002", "5508"): 600_000.0,
    ("99000003", "5508"): 400_000.0,
    ("99000001", "5518"): 2_000_000.0,
    ("99000004", "5518"): 50_000.0,
    ("99000005", "5518"): 10_000.0,
    ("99000006", "5519"): 700_000.0,
}
NOTHING_WRONG = pl.DataFrame(schema=WRONG_SCHEMA)


def months_before(month: date, count: int) -> list[date]:
    number = month.year * 12 + month.month - 1
    return [date((number - back) // 12, (number - back) % 12 + 1, 1) for back in range(count)]


def deliver(month: date, behind: dict[tuple[str, str], int] | None = None, pace: float = 1.0) -> pl.DataFrame:
    """Claims as known in a delivery month; some providers with what they had so many deliveries before."""
    rows = []
    for provider, euro in PROVIDERS.items():
        late = (behind or {}).get(provider, 0)
        for lag, care_month in enumerate(months_before(month, 12)):
            known = lag - late
            share = 0.0 if known < 0 else CURVE[known] * pace if known < len(CURVE) else 1.0
            if share:
                rows.append((*provider, care_month, euro * share))
    return pl.DataFrame(rows, schema=PROVIDER_SCHEMA, orient="row")


def monitor(claims: pl.DataFrame, previous: pl.DataFrame, wrong: pl.DataFrame = NOTHING_WRONG) -> pl.DataFrame:
    return monitor_providers(claims, previous, PLACES, wrong, MAY, LIMITS)


def flags(found: pl.DataFrame) -> dict[tuple[str, str], str]:
    named = found.filter(pl.col("provider_flag").is_not_null())
    return {
        (agb, code): flag for agb, code, flag in named.select("agb_code", "zorgkantoor_code", "provider_flag").rows()
    }


def row_of(found: pl.DataFrame, agb: str, code: str) -> dict[str, object]:
    return found.row(by_predicate=(pl.col("agb_code") == agb) & (pl.col("zorgkantoor_code") == code), named=True)


# --- providers ----------------------------------------------------------------------------------------------------


def test_providers_that_come_in_like_the_others_have_no_flag():
    found = monitor(deliver(MAY), deliver(APRIL))
    assert flags(found) == {}
    assert found["hidden_eur"].sum() == 0
    first = row_of(found, "99000001", "5508")
    assert first["usual_month_eur"] == pytest.approx(1_000_000)
    assert first["declared_open_eur"] == pytest.approx(2_270_000)
    assert first["expected_open_eur"] == pytest.approx(2_270_000)
    assert first["came_in_eur"] == pytest.approx(970_000)
    assert (first["late_months"], first["last_care_month"]) == (0, APRIL)
    assert first["zorgkantoor_share_ratio"] == pytest.approx(0.5)


@pytest.mark.parametrize("provider", [("99000001", "5508"), ("99000003", "5508"), ("99000004", "5518")])
def test_a_provider_that_repeats_itself_hides_a_month(provider):
    """Its usual month is a little low, because its youngest complete month is a delivery behind too."""
    found = monitor(deliver(MAY, {provider: 1}), deliver(APRIL))
    assert flags(found) == {provider: "late"}
    row = row_of(found, *provider)
    assert (row["came_in_eur"], row["late_months"]) == (0.0, 1)
    assert row["hidden_eur"] == pytest.approx(0.97 * PROVIDERS[provider] * 5.97 / 6)


def test_a_provider_that_is_away_for_longer_hides_more():
    """Three deliveries behind nothing of its open months is there, and its usual month is already too low."""
    provider = ("99000002", "5508")
    found = monitor(deliver(MAY, {provider: 3}), deliver(APRIL, {provider: 2}))
    assert flags(found) == {provider: "late"}
    usual = 600_000 * (0.4 + 0.9 + 0.97 + 1 + 1 + 1) / 6
    row = row_of(found, *provider)
    assert (row["late_months"], row["declared_open_eur"]) == (3, 0.0)
    assert row["hidden_eur"] == pytest.approx(2.27 * usual)


def test_a_provider_that_always_bills_a_month_later_is_not_late():
    provider = ("99000001", "5508")
    found = monitor(deliver(MAY, {provider: 1}), deliver(APRIL, {provider: 1}))
    assert flags(found) == {}
    assert row_of(found, *provider)["late_months"] == 1


def test_an_uitvoerder_that_is_late_as_a_whole_makes_no_provider_late():
    vgz = {provider: 1 for provider in PROVIDERS if provider[1] == "5508"}
    assert flags(monitor(deliver(MAY, vgz), deliver(APRIL))) == {}


def test_the_only_provider_of_an_uitvoerder_is_held_against_the_nation():
    alone = ("99000006", "5519")
    found = monitor(deliver(MAY, {alone: 1}), deliver(APRIL))
    assert flags(found) == {alone: "late"}
    assert row_of(found, *alone)["expected_in_eur"] == pytest.approx(0.97 * 700_000 * 5.97 / 6)


@pytest.mark.parametrize(("behind", "flag", "hides"), [(5, "late", True), (6, "stopped", False)])
def test_a_provider_without_claims_for_half_a_year_has_stopped(behind, flag, hides):
    """The youngest month of others has a lag of 1: six deliveries behind is a lag of 7."""
    small = ("99000004", "5518")
    found = row_of(monitor(deliver(MAY, {small: behind}), deliver(APRIL, {small: behind - 1})), *small)
    assert (found["provider_flag"], found["hidden_eur"] > 0, found["late_months"]) == (flag, hides, behind)


def test_one_client_is_not_judged():
    """A usual month of 10,000 euro is below provider_minimum_month_eur."""
    assert flags(monitor(deliver(MAY, {("99000005", "5518"): 1}), deliver(APRIL))) == {}


def test_the_first_delivery_is_held_against_what_is_declared():
    provider = ("99000001", "5508")
    nothing = pl.DataFrame(schema=PROVIDER_SCHEMA)
    assert flags(monitor(deliver(MAY), nothing)) == {}
    assert flags(monitor(deliver(MAY, {provider: 3}), nothing)) == {provider: "late"}


def test_wrong_units_and_prices_mark_their_provider():
    late, right = ("99000001", "5508"), ("99000001", "5518")
    wrong = pl.DataFrame(
        [(*late, "U01", 100.0), (*late, "P01", 20.0), (*late, "U01", 3.0), (*right, "U02", 5.0)],
        schema=WRONG_SCHEMA,
        orient="row",
    )
    found = monitor(deliver(MAY, {late: 1}), deliver(APRIL), wrong)
    assert flags(found) == {late: "late and wrong", right: "wrong"}
    row = row_of(found, *late)
    assert (row["wrong_check_ids"], row["wrong_eur"]) == ("P01, U01", 123.0)


def test_an_aggregated_delivery_has_no_rows():
    nothing = pl.DataFrame(schema=PROVIDER_SCHEMA)
    found = monitor(nothing, nothing)
    assert conform(found.with_columns(pl.lit(MAY).alias("delivery_month")), MONITOR_PROVIDER).is_empty()


@settings(max_examples=25, deadline=None)
@given(
    behind=st.dictionaries(st.sampled_from(list(PROVIDERS)), st.integers(0, 8)),
    pace=st.floats(0.2, 1.0),
    scale=st.floats(0.1, 100.0),
)
def test_shares_add_up_and_nothing_hidden_is_negative(behind, pace, scale):
    """Whatever comes in: shares of a zorgkantoor are 1 together, only late providers hide, euro scale through."""
    claims, previous = deliver(MAY, behind, pace), deliver(APRIL)
    found = monitor(claims, previous)
    conform(found.with_columns(pl.lit(MAY).alias("delivery_month")), MONITOR_PROVIDER)
    shares = found.group_by("zorgkantoor_code").agg(pl.col("zorgkantoor_share_ratio").sum())
    usual = (
        found.group_by("zorgkantoor_code").agg(pl.col("usual_month_eur").sum()).filter(pl.col("usual_month_eur") > 0)
    )
    for share in shares.join(usual, on="zorgkantoor_code", how="semi")["zorgkantoor_share_ratio"]:
        assert share == pytest.approx(1.0)
    is_late = found["provider_flag"].is_in(["late", "late and wrong"]).fill_null(False)
    assert (found["hidden_eur"] >= 0).all()
    assert found.filter(~is_late)["hidden_eur"].sum() == 0
    larger = {**LIMITS, "provider_minimum_month_eur": LIMITS["provider_minimum_month_eur"] * scale}
    times = [frame.with_columns(pl.col("amount_eur") * scale) for frame in (claims, previous)]
    scaled = monitor_providers(*times, PLACES, NOTHING_WRONG, MAY, larger)
    assert scaled["hidden_eur"].to_list() == pytest.approx([scale * euro for euro in found["hidden_eur"]])


def test_claims_are_added_up_per_provider_from_the_first_month_needed():
    rows = [
        (date(2018, 5, 2), "5508", agb, code, month, "14", 1.0, 10.5)
        for agb in ("99000001", None)
        for code in ("Z041", "Z110")
        for month in (date(2017, 7, 1), date(2017, 8, 1), APRIL)
    ]
    money = {**DECLARATIES.schema, "amount_eur": pl.Float64()}
    claims = pl.DataFrame(rows, schema=money, orient="row").cast(dict(DECLARATIES.schema))
    first = first_month_needed(MAY, LIMITS)
    found = sum_providers(claims.lazy(), first).sort("care_month")
    assert first == date(2017, 8, 1)
    assert found.rows() == [("99000001", "5508", date(2017, 8, 1), 21.0), ("99000001", "5508", APRIL, 21.0)]


# --- deliveries ---------------------------------------------------------------------------------------------------


def test_a_code_has_the_place_it_holds_or_held_last():
    crosswalk = pl.DataFrame(
        [
            ("5508", date(2015, 1, 1), date(2017, 1, 1), "Arnhem"),
            ("5508", date(2017, 1, 1), date(2018, 1, 1), "Nijmegen"),
            ("5508", date(2019, 1, 1), None, "Arnhem"),
        ],
        schema=["zorgkantoor_code", "valid_from", "valid_to", "zorgkantoorregio"],
        orient="row",
    )
    regions = pl.DataFrame({"zorgkantoorregio": ["Arnhem", "Nijmegen"], "wlz_uitvoerder": ["Menzis", "VGZ"]})
    assert find_places(crosswalk, regions, MAY).rows() == [("5508", "Nijmegen", "VGZ")]


def test_an_uitvoerder_with_a_kader_and_without_rows_is_zero():
    claims = pl.DataFrame({"zorgkantoor_code": ["5508", "5508"], "amount_eur": [1.5, 2.0]})
    found = sum_uitvoerders(claims.lazy(), PLACES, pl.Series(["5508", "5518"]))
    assert found.rows() == [("CZ", 0, 0.0), ("VGZ", 2, 3.5)]


@pytest.fixture
def register() -> pl.DataFrame:
    """A delivery on its due date and one that was refused."""
    rows = [
        {"delivery_id": "good", "delivery_status": "accepted", "received_on": date(2018, 5, 2), "rows_count": 100},
        {"delivery_id": "bad", "delivery_status": "refused", "received_on": date(2018, 5, 3), "rows_count": 7},
    ]
    known = {"kind": "declaraties", "delivery_month": MAY, "amount_eur": 50}
    return pl.DataFrame([{**known, **row} for row in rows], schema=DELIVERY_REGISTER.schema)


@pytest.fixture
def totals() -> pl.DataFrame:
    rows = [("good", "CZ", 60, 30.0), ("good", "VGZ", 40, 20.0), ("good", "DSW", 0, 0.0), ("bad", "CZ", None, None)]
    return pl.DataFrame(rows, schema=TOTALS_SCHEMA, orient="row")


COMPLETENESS = pl.DataFrame(
    [("CZ", 0.7, 1), ("VGZ", 0.8, 0), ("Landelijk", 0.75, None)],
    schema={"wlz_uitvoerder": pl.String, "completeness_ratio": pl.Float64, "late_months": pl.Int32},
    orient="row",
)


def test_deliveries_are_on_time_late_absent_or_refused(register, totals):
    counts = count_findings(CHECK_FINDINGS.empty(), DATA_QUALITY.empty())
    found = report_deliveries(register, date(2018, 5, 2), totals, COMPLETENESS, counts)
    states = {
        (name, who): state
        for name, who, state in found.select("delivery_id", "wlz_uitvoerder", "delivery_state").rows()
    }
    assert states == {
        ("good", "CZ"): "late",
        ("good", "VGZ"): "on time",
        ("good", "DSW"): "absent",
        ("good", "Landelijk"): "on time",
        ("bad", "CZ"): "refused",
        ("bad", "Landelijk"): "refused",
    }
    whole = found.row(
        by_predicate=pl.col("delivery_id").eq("bad") & pl.col("wlz_uitvoerder").eq("Landelijk"), named=True
    )
    assert (whole["rows_count"], whole["is_on_time"], whole["completeness_ratio"]) == (7, False, None)
    assert conform(found, DELIVERY_STATUS).height == 6


def test_a_delivery_after_its_due_date_is_late_for_all(register, totals):
    counts = count_findings(CHECK_FINDINGS.empty(), DATA_QUALITY.empty())
    found = report_deliveries(register, date(2018, 5, 1), totals, COMPLETENESS, counts).filter(delivery_id="good")
    assert found["is_on_time"].to_list() == [False] * 4
    assert sorted(found["delivery_state"].to_list()) == ["absent", "late", "late", "late"]


def quality(*rows: tuple[str, str, str, int, str | None]) -> pl.DataFrame:
    """Results of checks on the delivery ``good``: check, severity, outcome, revision, who accepted it."""
    frames = [
        {
            "check_id": check,
            "checked_table": "declaraties",
            "delivery_id": "good",
            "severity": severity,
            "outcome": outcome,
            "revision": revision,
            "accepted_by": accepted,
        }
        for check, severity, outcome, revision, accepted in rows
    ]
    return pl.DataFrame(frames, schema=DATA_QUALITY.schema)


def found_by(*rows: tuple[str, int, str | None, int, float | None]) -> pl.DataFrame:
    """Findings on the delivery ``good``: check, number, uitvoerder, count, euro."""
    frames = [
        {
            "check_id": check,
            "checked_table": "declaraties",
            "delivery_id": "good",
            "finding_number": number,
            "wlz_uitvoerder": who,
            "findings_count": count,
            "at_stake_eur": euro,
        }
        for check, number, who, count, euro in rows
    ]
    return pl.DataFrame(frames, schema=CHECK_FINDINGS.schema, strict=False)


def test_findings_are_booked_on_their_uitvoerder_and_on_the_whole():
    results = quality(
        ("D08", "block", "failed", 1, None),
        ("D05", "block", "failed", 1, "someone"),
        ("D07", "warn", "failed", 1, None),
        ("L01", "block", "broken", 1, None),
        ("D02", "block", "failed", 1, None),
        ("D02", "block", "passed", 2, None),
    )
    findings = found_by(
        ("D08", 1, "CZ", 1, 100.0), ("D08", 2, "VGZ", 1, 10.0), ("D05", 1, "CZ", 2, 5.0), ("D07", 1, None, 3, None)
    )
    counted = count_findings(findings, results)
    assert counted.select("wlz_uitvoerder", "findings_count", "blocks_count", "at_stake_eur").rows() == [
        ("CZ", 3, 1, 105.0),
        ("Landelijk", 7, 2, 115.0),
        ("VGZ", 1, 1, 10.0),
    ]


def test_unknown_euro_stays_unknown():
    counted = count_findings(found_by(("D07", 1, None, 3, None)), quality(("D07", "warn", "failed", 1, None)))
    assert counted["at_stake_eur"].to_list() == [None]


def test_completeness_is_declared_over_completed_euro_of_the_open_months():
    """Two units of € 10 of two, and 1 of € 90 of 3: 110 of 290; a lag of 4 is no open month."""
    series = pl.DataFrame(
        [("Z041", "CZ", date(2017, 1, 1), 10.0, 100), ("Z110", "CZ", date(2017, 1, 1), 2.0, 180)],
        schema=["prestatiecode", "wlz_uitvoerder", "care_month", "declared_volume", "declared_amount_eur"],
        orient="row",
    )
    completed = pl.DataFrame(
        [
            ("Z041", "CZ", APRIL, 1, 0, 2.0, 2.0),
            ("Z110", "CZ", APRIL, 1, 0, 1.0, 3.0),
            ("Z110", "CZ", date(2018, 1, 1), 4, 3, 1.0, 9.0),
            ("Z110", "CZ", date(2018, 3, 1), 1, 1, 1.0, 9.0),
        ],
        schema={
            name: COMPLETED_SERIES.schema[name]
            for name in (
                "prestatiecode",
                "wlz_uitvoerder",
                "care_month",
                "lag_months",
                "effective_lag_months",
                "declared_volume",
                "completed_volume",
            )
        },
        orient="row",
    )
    of_may = completed_of(completed, MAY)
    assert of_may.height == 3
    found = measure_completeness(of_may, series, 3)
    assert found["wlz_uitvoerder"].to_list() == ["CZ", "Landelijk"]
    assert found["completeness_ratio"].to_list() == pytest.approx([110 / 290] * 2)
    assert found["late_months"].to_list() == [1, None]
    assert measure_completeness(COMPLETED_SERIES.empty(), SERIES.empty(), 3).is_empty()
