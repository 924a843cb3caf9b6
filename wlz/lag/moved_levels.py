"""An uitvoerder of which most care left its level at once: what its year has more or less if that stays (check L14).

In: series that left their level (`sudden_levels.py`), and completed months. A series by itself is check V03-level.
"""

import polars as pl

from wlz.forecasting.ets import SEASON_MONTHS
from wlz.lag.complete import CompletedAdvice
from wlz.lag.records import Finding
from wlz.lag.revisions import MERGED_SERIES
from wlz.words.figures import unpack_figures
from wlz.words.vocabulary import SERIES_KEY

MOST = 0.5  # of the euro of the uitvoerder


def find_moved_uitvoerders(found: CompletedAdvice, sudden: pl.DataFrame) -> list[Finding]:
    """Uitvoerders of which series with more than half of the euro left their level to one side, at least five.

    In: `sudden` (LEVEL_SCHEMA). The euro is what those series have more or less in a year at that level, of the twelve
    months before; the figures say how many series, from when and by how much.
    """
    months = found.series["care_month"].unique().sort()[-SEASON_MONTHS - 1 :]
    year = (
        found.series.filter(pl.col("care_month").is_in(months.implode()))
        .join(found.price, on=SERIES_KEY)
        .group_by(SERIES_KEY)
        .agg((pl.col("completed_volume") * pl.col("price")).sum().alias("year_eur"))
    )
    levels = found.cells.select("wlz_uitvoerder").unique(maintain_order=True).with_columns(level=found.price_level)
    of_series = year.join(levels, on="wlz_uitvoerder").with_columns(pl.col("year_eur") * pl.col("level"))
    whole = dict(of_series.group_by("wlz_uitvoerder").agg(pl.col("year_eur").sum()).iter_rows())
    figures = [unpack_figures(numbers) for numbers in sudden["numbers"]]
    moved = sudden.with_columns(
        pl.Series("ratio", [one["volume"] / one["level_volume"] - 1 for one in figures], dtype=pl.Float64),
        pl.col("level_z") > 0,
    ).join(of_series, on=SERIES_KEY)
    rows = []
    for (name, is_up), mine in moved.group_by("wlz_uitvoerder", "level_z", maintain_order=True):
        held = float(mine["year_eur"].sum())
        if mine.height < MERGED_SERIES or held <= MOST * whole[str(name)]:
            continue
        euro = float((mine["ratio"] * mine["year_eur"]).sum())
        numbers = {
            "series_count": mine.height,
            "year_ratio": held / whole[str(name)],
            "first_month": mine["care_month"].min(),
            "level_ratio": euro / held,
        }
        rows.append(Finding("moved_level", str(name), numbers, abs(euro), "up" if is_up else "down"))
    return rows
