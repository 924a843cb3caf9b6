"""Asset of the report: the published month as pages people read."""

from pathlib import Path

import dagster as dg

from assets.context import Warehouse, months_of, stage_asset


@stage_asset(None, group="publish", deps=["marts"])
def report(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
    """The site of every delivery month of this run, from the published marts alone."""
    from reports.site import build_sites

    for month in months_of(context):
        site = build_sites(warehouse.database, Path(warehouse.data_dir) / "reports", month)
    return dg.MaterializeResult(
        metadata={"report": dg.MetadataValue.path(str(site.index)), "pages": site.pages_count, "is_new": site.is_new}
    )
