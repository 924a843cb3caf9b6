"""Assets of the stage vintages: every advice beside the others, what moved between two, what came of settled years."""

from datetime import UTC, date, datetime

import dagster as dg
import polars as pl

from assets.context import MONTHS, Recorded, Warehouse, record_asset, stage_asset, table_spec
from expectations.catalogue import JUDGED
from warehouse.lake import AdviceInLake
from warehouse.past_advices import neighbours, read_advice, read_transfers
from warehouse.provenance import sum_up_inputs
from warehouse.settings import load_assumptions, load_round
from warehouse.tables.bounds import FORECAST_BOUNDS
from warehouse.tables.quality import ADVICE_PROVENANCE
from warehouse.tables.utilisation import UTILISATION
from warehouse.tables.vintages import ADVICE_WITHDRAWALS, FORECAST_BRIDGE, FORECAST_VINTAGES
from wlz.known.uitvoerders import changed_hands, places_of
from wlz.utilisation import UtilisationError
from wlz.vintages.bridge import BRIDGE_SCHEMA, BridgeError, build_bridge
from wlz.vintages.moves import list_advice_moves
from wlz.vintages.vintages import list_vintage, renew_vintages
from wlz.vintages.withdrawals import stand_again

headline = stage_asset("headline", shown=("scenario", "engine", "headline_reason"))
realisation = stage_asset("realisation")


@record_asset(
    FORECAST_VINTAGES,
    room="vintages",
    reads=("utilisation", "forecast_bounds", "advice_provenance"),
    rules=JUDGED["advice_moves"],
)
def forecast_vintages(advice: AdviceInLake, warehouse: Warehouse, context: dg.AssetExecutionContext) -> Recorded:
    """This computation of the advice beside the frozen ones; with a final author it is frozen too."""
    inputs = sum_up_inputs(advice.load(ADVICE_PROVENANCE))
    current = list_vintage(advice.load_all(UTILISATION), advice.load_all(FORECAST_BOUNDS), **inputs)
    now = datetime.now(UTC).replace(tzinfo=None)
    known = advice.load_if_there(FORECAST_VINTAGES)
    withdrawals = advice.load_if_there(ADVICE_WITHDRAWALS)
    if withdrawals.height:
        again = stand_again(withdrawals, known, current, author=warehouse.final_author, at=now)
        advice.save(ADVICE_WITHDRAWALS, again)
    saved = advice.save(FORECAST_VINTAGES, renew_vintages(known, current, author=warehouse.final_author, frozen_at=now))
    before, _ = neighbours(advice.store, advice.round.delivery_month)
    if before is None:
        return Recorded(saved, list_advice_moves(current, FORECAST_VINTAGES.empty(), advice.judged_first))
    earlier = warehouse.advice(before).load_if_there(FORECAST_VINTAGES)
    places = [places_of(advice.store.read(UTILISATION, one)) for one in (before, advice.round.delivery_month)]
    compared = earlier.filter(~pl.col("wlz_uitvoerder").is_in(changed_hands(*places)))
    return Recorded(saved, list_advice_moves(current, compared, advice.judged_first))


@record_asset(FORECAST_BRIDGE, room="vintages", reads=("utilisation", "revenue", "prices", "advice_provenance"))
def forecast_bridge(advice: AdviceInLake, warehouse: Warehouse, context: dg.AssetExecutionContext) -> Recorded:
    """From the advice before it of the same year; renews the bridge of the one after it too, if that is in the lake."""
    month = advice.round.delivery_month
    before, after = neighbours(advice.store, month)
    saved = advice.save(FORECAST_BRIDGE, compare_advices(context, advice, before, month))
    if after is not None:
        warehouse.advice(after).save(FORECAST_BRIDGE, compare_advices(context, advice, month, after))
    return Recorded(saved)


def compare_advices(
    context: dg.AssetExecutionContext, advice: AdviceInLake, before: date | None, after: date
) -> pl.DataFrame:
    """The bridge between two advices of the lake, one of them this; no rows where they do not compare.

    It explains an advice and holds none up: what is wrong with the other advice is said, and this one is published.
    """
    if before is None:
        return pl.DataFrame(schema=BRIDGE_SCHEMA)
    store, lists = advice.store, advice.deliveries.lists.on(load_round(after).placed_on)
    later = read_advice(store, after, lists)
    factor = load_assumptions(later.budget_year)["brutering_factor"]
    try:
        earlier, transfers = read_advice(store, before, lists), read_transfers(store, after, lists)
        return build_bridge(earlier, later, transfers, brutering_factor=factor, names=lists.names)
    except (BridgeError, UtilisationError) as error:
        context.log.warning(f"passed over, no bridge to {after:%Y-%m}: {error}")
        return pl.DataFrame(schema=BRIDGE_SCHEMA)


# Written by `wlz withdraw`; the step of the vintages ends one when it makes another advice.
advice_withdrawals = table_spec(ADVICE_WITHDRAWALS, "vintages", (), "warehouse.withdrawals").replace_attributes(
    partitions_def=MONTHS
)
