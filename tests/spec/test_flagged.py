"""Series to which a rule was applied, with their euro: `volume_scenarios.list_flagged` (checks V03 to V06)."""

from datetime import date

import polars as pl
import pytest

from wlz.volumes.scenarios import list_flagged
from wlz.volumes.volumes import forecast_volumes

MONTHS = pl.date_range(date(2015, 1, 1), date(2018, 2, 1), "1mo", eager=True)
LAST = date(2018, 2, 1)
PRICE = 50.0


def series(last: float) -> pl.DataFrame:
    """1,000 units a month at € 50, and something else in the last month of the base."""
    volume = pl.when(pl.col("care_month") == LAST).then(last).otherwise(1000.0)
    return MONTHS.to_frame("care_month").select(
        pl.lit("Z041").alias("prestatiecode"),
        pl.lit("CZ").alias("wlz_uitvoerder"),
        "care_month",
        volume.alias("declared_volume"),
        (volume * PRICE).alias("declared_amount_eur"),
        pl.lit(True).alias("in_forecast_base"),
    )


def flagged(last: float) -> pl.DataFrame:
    known = series(last)
    volumes = forecast_volumes(
        known.rename({"declared_volume": "volume"}),
        first_month=MONTHS[0],
        last_month=date(2018, 12, 1),
        last_observed=LAST,
        own_rules=True,
    )
    revenue = volumes.filter(pl.col("care_month") >= date(2018, 1, 1)).select(
        "prestatiecode",
        "wlz_uitvoerder",
        (pl.coalesce("observed_volume", "forecast_volume") * PRICE).alias("forecast_amount_eur"),
    )
    return list_flagged(volumes, revenue, known, 2018)


@pytest.mark.parametrize(("last", "flag"), [(300.0, "incomplete_last_month"), (2500.0, "jump"), (0.0, None)])
def test_a_month_set_aside_is_at_stake_by_as_much_as_it_was_changed(last: float, flag: str | None) -> None:
    """Not the whole year: that is expected as it would have been with a usual month."""
    [row] = flagged(last).iter_rows(named=True)
    assert row["flag"] == (flag or "incomplete_last_month")
    assert (row["set_aside_month"], row["declared_volume"]) == (LAST, last)
    assert row["taken_volume"] == pytest.approx(1000.0)
    assert row["at_stake_eur"] == pytest.approx(abs(1000.0 - last) * PRICE)
    assert row["expected_eur"] == pytest.approx(12_000 * PRICE, rel=0.01)


def test_a_steady_series_has_no_flag() -> None:
    assert flagged(1000.0).is_empty()


def test_other_flags_have_the_larger_of_two_years_at_stake() -> None:
    """A code that ended has nothing this year and a year of claims behind it."""
    known = series(1000.0)
    volumes = forecast_volumes(
        known.rename({"declared_volume": "volume"}),
        first_month=MONTHS[0],
        last_month=date(2018, 12, 1),
        last_observed=LAST,
        ended=pl.DataFrame({"prestatiecode": ["Z041"], "end_month": [LAST]}),
        own_rules=True,
    )
    revenue = volumes.filter(pl.col("care_month") > LAST).select(
        "prestatiecode", "wlz_uitvoerder", (pl.col("forecast_volume") * PRICE).alias("forecast_amount_eur")
    )
    [row] = list_flagged(volumes, revenue, known, 2018).iter_rows(named=True)
    assert (row["flag"], row["set_aside_month"]) == ("ended", None)
    assert row["at_stake_eur"] == 12_000 * PRICE
