"""Asset of the stage balance: what became of every delivered row and euro, when all that uses them is in the lake."""

import dagster as dg
import polars as pl

from assets.context import Recorded, Warehouse, record_asset
from expectations.catalogue import JUDGED
from warehouse.lake import AdviceInLake
from warehouse.registry import table_named
from warehouse.tables.balance import DELIVERY_BALANCE
from warehouse.tables.deliveries import KINDS
from wlz.balance.balance import TABLES_READ, balance_deliveries, measure_learnt, trace_rows


@record_asset(
    DELIVERY_BALANCE,
    room="balance",
    reads=("delivery_register", *KINDS, *TABLES_READ),
    rules=JUDGED["delivery_balance"],
)
def delivery_balance(advice: AdviceInLake, warehouse: Warehouse, context: dg.AssetExecutionContext) -> Recorded:
    """Delivered = used + set apart + superseded + left out by a named rule, of every delivery the advice could see."""
    known, chosen = warehouse.know(advice), advice.deliveries
    tables = {name: advice.load_all(table_named(name)) for name in TABLES_READ}
    traced = {kind: trace_rows(known, tables, kind) for kind in KINDS}
    balanced = balance_deliveries(chosen.register, chosen.chosen, advice.round, traced, read_learnt(advice))
    return Recorded(advice.save(DELIVERY_BALANCE, balanced), balanced)


def read_learnt(advice: AdviceInLake) -> pl.DataFrame:
    """What the advice has of earlier claims deliveries: the history it learns lags from, and the one of a year ago."""
    chosen, learns = advice.deliveries, not advice.earlier_claims.is_empty()
    snapshots = chosen.read_snapshots() if learns else pl.DataFrame()
    ids = dict(chosen.claims_history.select("delivery_month", "delivery_id").iter_rows())
    year_ago = chosen.chosen_year_ago
    return measure_learnt(snapshots, chosen.read_year_ago(), ids, year_ago["delivery_id"][0] if year_ago.height else "")
