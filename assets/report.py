"""Asset of the report: the published month as pages people read."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg

from assets.context import OWNERS, Warehouse, describe, monthly_step, months_of
from assets.marts import mart_keys

SPEC = dg.AssetSpec(
    "report",
    deps=mart_keys(),
    description="The pages, figures, tables and workbook of a delivery month, from the published marts alone.",
    group_name="publish",
    kinds={"html"},
    owners=OWNERS,
    metadata={"code": "reports/site.py", "method": "docs/how-to/report.md"},
)


def _build_pages(context: dg.AssetExecutionContext, warehouse: Warehouse) -> Iterator[dg.MaterializeResult[Any]]:
    """The site of every delivery month of this run."""
    from reports.site import build_sites

    for month in months_of(context):
        site = build_sites(warehouse.database, Path(warehouse.data_dir) / "reports", month)
        pages = {"report": dg.MetadataValue.path(str(site.index)), "pages": site.pages_count, "is_new": site.is_new}
        describe(context, SPEC.key, month, pages)
    yield dg.MaterializeResult(asset_key=SPEC.key)


report = monthly_step("report", [SPEC], {})(_build_pages)
