"""The bridge between any two advices of the lake, for `wlz explain`: computed now, nothing written."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import polars as pl

from pipelines.cli.text.bridge import render_bridge
from pipelines.cli.text.explain import ExplainError
from warehouse.contract import conform
from warehouse.packs import choose_pack, load_reference
from warehouse.past_advices import advice_months, budget_year_of, read_advice, read_transfers
from warehouse.settings import load_assumptions, load_round
from warehouse.store import Store, month_label
from warehouse.tables.vintages import FORECAST_BRIDGE, HEADLINE
from wlz.known.scenarios import COMPLETED, LETTER
from wlz.utilisation import UtilisationError
from wlz.vintages.bridge import BridgeError, build_bridge


def explain_bridge(data_dir: Path, before: date, after: date, scenario: str | None = None) -> str:
    """What moved between two advices, as text, in one scenario (default: the one the later advice shows first).

    Raises ExplainError with a sentence for a month without an advice, two budget years, or a scenario without a bridge.
    """
    store = Store(data_dir / "lake")
    if before >= after:
        raise ExplainError(f"--from {month_label(before)} is not before --to {month_label(after)}")
    known = advice_months(store)
    for month in (before, after):
        if month not in known:
            there = ", ".join(map(month_label, known)) or "none yet"
            raise ExplainError(
                f"no advice on delivery month {month_label(month)} in {store.root}; there are {there}. "
                f"Next: wlz run --delivery-month {month_label(month)}"
            )
    lists = load_reference(
        choose_pack(data_dir / "deliveries"), budget_year_of(store, after), load_round(after).placed_on
    )
    later = read_advice(store, after, lists)
    factor = load_assumptions(later.budget_year)["brutering_factor"]
    try:
        earlier, transfers = read_advice(store, before, lists), read_transfers(store, after, lists)
        bridge = build_bridge(earlier, later, transfers, brutering_factor=factor, names=lists.names)
    except (BridgeError, UtilisationError) as error:
        raise ExplainError(str(error)) from None
    rows = bridge.with_columns(delivery_month=pl.lit(after), budget_year=pl.lit(later.budget_year))
    first = store.read(HEADLINE, after)["scenario"].to_list() if store.has(HEADLINE, after) else []
    return render_bridge(conform(_of_scenario(rows, scenario, first), FORECAST_BRIDGE))


def _of_scenario(bridge: pl.DataFrame, scenario: str | None, first: Sequence[str]) -> pl.DataFrame:
    """Rows of the scenario asked for; none asked for: that which the later advice shows first, if it has a bridge."""
    there = bridge["scenario"].unique().sort().to_list()
    shown_first = [name for name in (*first, COMPLETED, LETTER) if name in there]
    wanted = scenario or next(iter([*shown_first, *there]), None)
    if wanted not in there:
        named = f"scenario {scenario!r}" if scenario else "scenario in both advices"
        raise ExplainError(f"no bridge of {named}; there are {', '.join(there) or 'none'}")
    return bridge.filter(scenario=wanted)
