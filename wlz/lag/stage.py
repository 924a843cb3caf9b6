"""The row of stage lag: months completed, the curve behind them, how they were revised, what is odd about them."""

import polars as pl

from wlz.hand_overs import list_links
from wlz.known.knowledge import Known
from wlz.known.scenarios import COMPLETED
from wlz.known.stages import Computed, Tables
from wlz.lag.complete import complete_advice
from wlz.lag.findings import MORE_FINDINGS_SCHEMA, list_more_findings
from wlz.lag.tables import list_curve, list_findings, revision_statistics
from wlz.series import ended_codes


def run_lag(known: Known, tables: Tables) -> Computed:
    """COMPLETED_SERIES, LAG_CURVE and REVISION_STATISTICS; none of them when no scenario completes its months.

    Judged: findings of the curve, of revisions, levels and cover.
    """
    if known.completing is None:
        return Computed({}, {"lag_findings": pl.DataFrame(schema=MORE_FINDINGS_SCHEMA)})
    prestaties, snapshots = known.reference.prestaties, known.snapshots()
    found = complete_advice(
        snapshots,
        tables["series"],
        prestaties,
        claims_month=known.claims_month,
        engine=known.engines[known.completing.engine],
        ended=ended_codes(prestaties),
        links=list_links(prestaties, known.reference.successors),
    )
    more = list_more_findings(found, snapshots, prestaties, known.assumptions)
    frames = {
        "completed_series": found.series,
        "lag_curve": list_curve(found),
        "revision_statistics": revision_statistics(found),
    }
    return Computed(
        {name: frame.with_columns(scenario=pl.lit(COMPLETED)) for name, frame in frames.items()},
        {"lag_findings": pl.concat([list_findings(found), more], how="diagonal")},
    )
