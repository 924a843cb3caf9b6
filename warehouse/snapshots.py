"""Snapshots: what each claims delivery said, added up once per delivery and kept by content.

A file per delivery and state of the code lists below ``lake/claims_snapshot``: another delivery under the same month
has another name, so a corrected one is added up anew and nothing else is.
"""

import hashlib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from warehouse.contract import conform
from warehouse.store import Store, replace_file
from warehouse.tables.deliveries import DECLARATIES
from warehouse.tables.lag import CLAIMS_SNAPSHOT
from wlz.known.reference import Reference
from wlz.series import aggregate_claims, sum_regions


def version_of(lists: Reference) -> str:
    """Hash over what of the lists a snapshot rests on: units of the codes, regions and their uitvoerder."""
    rests_on = (
        lists.prestaties.select("prestatiecode", "unit_code"),
        lists.crosswalk.drop("source"),
        lists.regions.select("zorgkantoorregio", "wlz_uitvoerder"),
    )
    digest = hashlib.sha256()
    for frame in rests_on:
        digest.update(frame.sort(frame.columns).write_csv().encode())
    return digest.hexdigest()[:8]


def read_snapshot(store: Store, delivery: Mapping[str, Any], lists: Reference) -> pl.DataFrame:
    """CLAIMS_SNAPSHOT of one delivery of the register (delivery_id, delivery_month); made when it is not there yet."""
    month = delivery["delivery_month"]
    folder = store.path(CLAIMS_SNAPSHOT, month).parent
    path = folder / f"{delivery['delivery_id']}-{version_of(lists)}.parquet"
    if not path.exists():
        claims = aggregate_claims(
            store.scan_delivery(DECLARATIES, delivery["delivery_id"], month),
            lists.crosswalk,
            lists.regions,
            lists.prestaties,
            month,
            store.read_corrections(delivery["delivery_id"], month),
        )
        summed = sum_regions(claims).with_columns(pl.lit(month).alias("delivery_month"))
        replace_file(conform(summed, CLAIMS_SNAPSHOT).sort(CLAIMS_SNAPSHOT.key), path)
    return pl.read_parquet(path, hive_partitioning=False)


def forget_snapshots(store: Store, delivery_id: str, delivery_month: date) -> None:
    """Remove what was added up of a delivery: its rows were taken in again, some perhaps released from quarantine."""
    folder = store.path(CLAIMS_SNAPSHOT, delivery_month).parent
    for path in folder.glob(f"{delivery_id}-*.parquet"):
        path.unlink(missing_ok=True)


def snapshot_files(store: Store) -> list[Path]:
    """Every snapshot in the lake; each may be removed at any time."""
    return sorted((store.root / CLAIMS_SNAPSHOT.name).glob("delivery_month=*/*.parquet"))
