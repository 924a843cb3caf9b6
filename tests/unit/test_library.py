"""`import wlz`: the same figures from Polars and pandas as from the command line."""

import pandas as pd
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import wlz
from tests.unit.test_panel_frame import make_rows
from tests.unit.test_panel_frame import make_values as panel_values
from tests.unit.test_triangle_frame import make_rows as triangle_rows
from wlz.files.panel import read_panel
from wlz.files.reading import PanelError
from wlz.forecasting.any_panel import forecast_frame
from wlz.runoff.any_triangle import complete_frame


@pytest.fixture(scope="module")
def panel() -> pl.DataFrame:
    return make_rows({f"s{row}": values for row, values in enumerate(panel_values(3).round(1).tolist())})


def test_a_polars_frame_gives_what_the_command_gives(panel):
    assert_frame_equal(wlz.forecast(panel, total=True), forecast_frame(read_panel(panel), total=True))
    assert_frame_equal(wlz.forecast(panel.lazy()), forecast_frame(read_panel(panel)))


def test_a_pandas_frame_gives_the_same_in_pandas(panel):
    given = panel.to_pandas()
    found = wlz.forecast(given)
    assert isinstance(found, pd.DataFrame)
    expected = wlz.forecast(panel)
    assert found["forecast"].to_list() == expected["forecast"].to_list()
    by_index = given.set_index(["unique_id", "month"])
    assert wlz.forecast(by_index)["forecast"].to_list() == expected["forecast"].to_list()
    gap = given.assign(value=given["value"].where(given.index != 5))  # pandas writes a missing value as NaN
    assert wlz.forecast(gap)["forecast"].notna().all()


def test_options_are_those_of_the_command(panel):
    other = panel.rename({"value": "paid"}).with_columns(
        region=pl.col("unique_id").replace({"s0": "N", "s1": "N", "s2": "Z"})
    )
    found = wlz.forecast(other, columns={"value": "paid"}, total_by=["region"], horizon=6)
    assert {"__total__:region=N", "__total__:region=Z"} < set(found["unique_id"])
    with pytest.raises(PanelError, match="--value"):
        wlz.forecast(other)


def test_triangles_too():
    rows = triangle_rows(8)
    assert_frame_equal(wlz.complete(rows, method="mack"), complete_frame(rows, method="mack").rows)
    assert isinstance(wlz.complete(rows.to_pandas()), pd.DataFrame)


def test_what_is_no_frame_is_told():
    with pytest.raises(TypeError, match="found list, expected a frame of Polars or pandas"):
        wlz.forecast([1, 2])
