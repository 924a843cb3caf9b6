"""A clean delivery of claims to plant defects in: three uitvoerders, two prestaties, January 2016 to May 2018."""

from collections.abc import Callable
from datetime import date

import polars as pl
import pytest

from expectations.catalogue import check_delivery, measure_delivery
from expectations.judging.delivery_view import BudgetView, ClaimsView, DeliveryView
from expectations.judging.results import CheckResult
from expectations.judging.runner import judge
from tests.lists import LISTS
from warehouse.contract import MONEY
from warehouse.settings import load_assumptions
from warehouse.tables.deliveries import DECLARATIES, KINDS

DELIVERY_MONTH = date(2018, 5, 1)
ASSUMPTIONS = dict(load_assumptions(2018))
CROSSWALK = pl.DataFrame(
    [
        ("5508", date(2015, 1, 1), None, "Nijmegen"),
        ("5518", date(2015, 1, 1), None, "Haaglanden"),
        ("5519", date(2015, 1, 1), None, "Westland Schieland Delfland"),
        ("5522", date(2015, 1, 1), date(2020, 1, 1), "Westland Schieland Delfland"),
        ("5533", date(2020, 1, 1), None, "Friesland"),
    ],
    schema=["zorgkantoor_code", "valid_from", "valid_to", "zorgkantoorregio"],
    orient="row",
)
REGIONS = pl.DataFrame(
    {
        "zorgkantoorregio": ["Nijmegen", "Haaglanden", "Westland Schieland Delfland", "Friesland"],
        "wlz_uitvoerder": ["VGZ", "CZ", "DSW", "De Friesland"],
    }
)


@pytest.fixture
def claims() -> pl.DataFrame:
    """Clean claims: Z041 in the thousands, Z999 with a few units in some months only; prices of € 100 and € 50."""
    months = pl.date_range(date(2016, 1, 1), DELIVERY_MONTH, "1mo", eager=True)
    rows = [
        (date(2018, 5, 2), code, None, prestatie, month, "14", volume, volume * price)
        for code in ("5508", "5518", "5522")
        for month in months
        for prestatie, volume, price in (("Z041", 3000.0 + 20 * month.month, 100.0), ("Z110", 10.0, 50.0))
    ]
    schema = DECLARATIES.schema
    frame = pl.DataFrame(rows, schema={**schema, "amount_eur": pl.Float64()}, orient="row")
    return frame.with_columns(pl.col("amount_eur").cast(MONEY))


@pytest.fixture
def places() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Crosswalk and regions of the views."""
    return CROSSWALK, REGIONS


@pytest.fixture
def make_view() -> Callable[..., DeliveryView]:
    """A view of a delivery, of claims or of another kind; every field can be replaced."""

    def make(frame: pl.DataFrame | None, kind: str = "declaraties", **changes: object) -> DeliveryView:
        fields: dict[str, object] = {
            "kind": kind,
            "table": KINDS[kind],
            "delivery_id": f"{kind}-2018-05-abc",
            "delivery_month": DELIVERY_MONTH,
            "file_name": f"2018-05/{kind}.parquet",
            "frame": frame,
            "crosswalk": CROSSWALK,
            "regions": REGIONS,
            "assumptions": ASSUMPTIONS,
            "prestaties": LISTS.prestaties,
            "pack": LISTS.pack,
            "kader_by_code": {"5508": 1_000_000.0, "5518": 2_000_000.0, "5522": 400_000.0},
        }
        view = ClaimsView if kind == "declaraties" else BudgetView
        return view(**{**fields, **changes})  # type: ignore[arg-type]

    return make


@pytest.fixture
def check(make_view: Callable[..., DeliveryView]) -> Callable[..., dict[str, CheckResult]]:
    """Results per check id of one delivery, every rule."""

    def run(frame: pl.DataFrame | None, kind: str = "declaraties", **changes: object) -> dict[str, CheckResult]:
        return {result.check_id: result for result in check_delivery(make_view(frame, kind, **changes))}

    return run


@pytest.fixture
def check_rule(make_view: Callable[..., DeliveryView]) -> Callable[..., CheckResult]:
    """Result of one rule on one delivery: a third of a second less than all of them."""

    def run(check_id: str, frame: pl.DataFrame | None, kind: str = "declaraties", **changes: object) -> CheckResult:
        measured = measure_delivery(make_view(frame, kind, **changes))
        (result,) = judge([metrics for metrics in measured if metrics.rule.check_id == check_id])
        return result

    return run


@pytest.fixture
def change_rows() -> Callable[..., pl.DataFrame]:
    """The frame with columns replaced in the rows that meet a condition, types kept."""

    def change(frame: pl.DataFrame, where: pl.Expr, **values: object) -> pl.DataFrame:
        return frame.with_columns(
            pl.when(where).then(pl.lit(value)).otherwise(pl.col(name)).cast(frame.schema[name]).alias(name)
            for name, value in values.items()
        )

    return change
