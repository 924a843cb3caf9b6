"""Hours under the code of minutes since January, through a whole run (check U01): counted right, or refused."""

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from assets.context import Warehouse
from tests.e2e.handmade import House
from wlz.words.faults import NoDataError

WHERE = {"zorgkantoorcode": "5502", "agb_code": "99000002", "prestatiecode": "H301"}
EXPECTED = "select part, expected_eur from marts.utilisation_national order by part"
OF_SERIES = (
    "select sum(coalesce(completed_volume, observed_volume, forecast_volume)) from marts.volume_forecast "
    "where prestatiecode = 'H301' and year(care_month) = 2018"
)


def spoil(house: House, divided_by: float, amount_times: float = 1.0) -> None:
    """The volume of one provider's claims of 2018 divided, in the delivery of May."""
    path = house.landing / "2018-05" / "declaraties.parquet"
    rows = pl.read_parquet(path)
    hit = pl.all_horizontal(pl.col(name) == value for name, value in WHERE.items()) & (pl.col("zorgmaand") >= "2018-01")
    amount = (pl.col("bedrag").cast(pl.Float64) * amount_times).round(2).cast(rows.schema["bedrag"])
    rows.with_columns(
        pl.when(hit).then((pl.col("aantal").cast(pl.Float64) / divided_by).cast(rows.schema["aantal"]))
        .otherwise("aantal").alias("aantal"),
        pl.when(hit).then(amount).otherwise("bedrag").alias("bedrag"),
    ).write_parquet(path)  # fmt: skip


def test_without_claims_it_is_said_that_there_are_none(tmp_path: Path) -> None:
    with pytest.raises(NoDataError, match="no accepted delivery of declaraties on or before the cut-off"):
        Warehouse(data_dir=str(tmp_path)).advice(date(2018, 5, 1)).deliveries.read_unit_corrections()


@pytest.mark.slow
def test_a_confirmed_error_counts_in_its_right_unit_and_is_listed(small_data: House, tmp_path: Path) -> None:
    """Left as it is, the price of 2018 is 60 times that of 2017, and the expectation of the series with it."""
    house = small_data.copy(tmp_path / "data")
    right = dict(house.query(EXPECTED, None)), house.query(OF_SERIES)
    spoil(house, 60.0)
    house.publish()
    wrong = dict(house.query(EXPECTED, None)), house.query(OF_SERIES)
    assert {part: float(euro) for part, euro in wrong[0].items()} == pytest.approx(
        {part: float(euro) for part, euro in right[0].items()}, rel=1e-6
    )
    assert wrong[1][0][0] == pytest.approx(right[1][0][0], rel=1e-6)

    listed = house.query(
        "select zorgkantoor_code, agb_code, prestatiecode, min(care_month)::varchar, count(*), min(volume_factor), "
        "max(volume_factor), any_value(check_id), count(distinct delivery_id) from marts.claim_unit_corrections "
        "group by all",
        None,
    )
    assert listed == [("5502", "99000002", "H301", "2018-01-01", 4, 60.0, 60.0, "U01", 1)]
    [(severity, observed, action)] = house.query(
        "select severity, observed, action from marts.data_quality where check_id = 'U01' and outcome = 'failed'", None
    )
    assert severity == "warn"
    assert "hours under the code of minutes, confirmed by the volume, which counts times 60" in observed
    assert "claim_unit_corrections" in action
    raw = pl.concat(pl.read_parquet(path) for path in house.store.root.glob("declaraties/delivery_month=2018-05/*"))
    declared = raw.filter(agb_code="99000002", prestatiecode="H301", zorgkantoor_code="5502")
    assert declared["volume"].min() < declared["volume"].max() / 30  # the claims themselves stay as delivered


@pytest.mark.slow
def test_an_error_that_nothing_confirms_is_refused_where_it_moves_the_price(small_data: House, tmp_path: Path) -> None:
    """Three times the amount at 60 times the price: which of the two is wrong is anybody's guess."""
    house = small_data.copy(tmp_path / "data")
    spoil(house, 20.0, 3.0)
    result = house.run()
    assert result.exit_code == 1
    assert "U01 hours and minutes exchanged in claims" in result.output
    assert "the volume does not confirm it" in result.output
    reasons = list((house.landing.parent / "quarantine").glob("2018-05/declaraties/*/reason.json"))
    assert [one["check_id"] for one in json.loads(reasons[-1].read_text(encoding="utf-8"))["refused"]] == ["U01"]
