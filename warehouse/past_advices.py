"""Advices in the lake, read back: which there are, what one says, and the deliveries it rests on.

Nothing is computed here. Deliveries are those its provenance names, not those its round would choose today.
"""

from datetime import date

import polars as pl

from warehouse.contract import Table
from warehouse.settings import load_assumptions
from warehouse.store import Store
from warehouse.tables.deliveries import KINDS
from warehouse.tables.prices import PRICES, REVENUE
from warehouse.tables.quality import ADVICE_PROVENANCE
from warehouse.tables.series import SERIES, SERIES_REGION
from warehouse.tables.utilisation import UTILISATION
from warehouse.withdrawals import withdrawn_months
from wlz.known.reference import Reference
from wlz.known.uitvoerders import places_of
from wlz.series import assign_regions, last_base_month
from wlz.utilisation.regions import region_shares
from wlz.utilisation.utilisation import latest_budgets
from wlz.vintages.bridge import place_transfers
from wlz.vintages.regroup import AdviceFrames

NEEDED = (REVENUE, PRICES, UTILISATION, ADVICE_PROVENANCE)


def advice_months(store: Store) -> list[date]:
    """Delivery months with a whole advice in the lake, oldest first."""
    return [month for month in store.months(UTILISATION) if all(store.has(table, month) for table in NEEDED)]


def budget_year_of(store: Store, month: date) -> int:
    """The budget year an advice of the lake is about."""
    year: int = store.read(UTILISATION, month)["budget_year"][0]
    return year


def neighbours(store: Store, month: date) -> tuple[date | None, date | None]:
    """The advices of the same budget year next before and next after the one of a month, where there are any.

    Withdrawn ones are nobody's neighbour: nothing is held against an advice that was taken back.
    """
    year, withdrawn = budget_year_of(store, month), withdrawn_months(store)
    months = [one for one in advice_months(store) if one not in withdrawn]
    before = (other for other in reversed(months) if other < month and budget_year_of(store, other) == year)
    after = (other for other in months if other > month and budget_year_of(store, other) == year)
    return next(before, None), next(after, None)


def read_advice(store: Store, month: date, lists: Reference) -> AdviceFrames:
    """What an advice of the lake says, all scenarios, by the uitvoerders it says itself run its regions.

    Raises NoDataError for a month without one.
    """
    year, delivered = budget_year_of(store, month), _read_used(store, KINDS["kader"], month)
    utilisation = store.read(UTILISATION, month)
    kader = assign_regions(delivered, lists.crosswalk, places_of(utilisation), on="stand_date")
    return AdviceFrames(
        delivery_month=month,
        budget_year=year,
        revenue=store.read(REVENUE, month),
        prices=store.read(PRICES, month),
        utilisation=utilisation,
        budgets=latest_budgets(kader, budget_year=year),
        shares=_read_shares(store, month, year),
    )


def _read_shares(store: Store, month: date, year: int) -> pl.DataFrame | None:
    """Shares of the regions in the claims of an advice, as it took them; None where the lake does not hold them."""
    if not (store.has(SERIES_REGION, month) and store.has(SERIES, month)):
        return None
    last = last_base_month(store.read(SERIES, month))
    window = int(load_assumptions(year)["region_share_months"])
    return region_shares(store.read(SERIES_REGION, month), last_month=last, months=window)


def read_transfers(store: Store, month: date, lists: Reference) -> pl.DataFrame:
    """Overhevelingen as an advice of the lake knew them, with regions; no rows when none were delivered."""
    transfers = _read_used(store, KINDS["overhevelingen"], month)
    return place_transfers(transfers, lists.crosswalk, lists.regions)


def _read_used(store: Store, kind: Table, month: date) -> pl.DataFrame:
    """The delivery of a kind an advice rests on; an empty frame when it had none."""
    used = store.read(ADVICE_PROVENANCE, month).filter(input_name=kind.name)["input_version"][0]
    delivery = store.read_register().filter(delivery_id=used)
    if delivery.is_empty():
        return kind.empty()
    return store.scan_delivery(kind, used, delivery["delivery_month"][0]).collect()
