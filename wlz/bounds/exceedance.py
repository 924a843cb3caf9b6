"""How sure: chance that a kader is exceeded, how much then, and what it takes to be 80 or 95 % sure.

In: euro of the year on joint paths, zin and pgb. The two parts are drawn independently of each other: nothing in the
deliveries says how they move together. Not here: how the paths come about (`read_off.py`, `pgb/paths.py`).
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

from wlz.words.vocabulary import NATION

KADERS = ("zin_budget_eur", "pgb_budget_eur")
SURE_LEVELS = (0.80, 0.95)
Samples = npt.NDArray[np.float64]
EXCEEDANCE_SCHEMA: dict[str, pl.DataType] = {
    "wlz_uitvoerder": pl.String(),
    "part": pl.String(),
    "budget_eur": pl.Float64(),
    "exceedance_ratio": pl.Float64(),
    "expected_shortfall_eur": pl.Float64(),
    "kader_for_80_eur": pl.Float64(),
    "kader_for_95_eur": pl.Float64(),
    "needed_for_80_eur": pl.Float64(),
    "needed_for_95_eur": pl.Float64(),
}


def measure_exceedance(
    zin: Mapping[str, Samples], pgb: Mapping[str, Samples], budgets: pl.DataFrame, brutering_factor: float
) -> pl.DataFrame:
    """One row per uitvoerder (Landelijk is the nation) × part: zin, pgb, and both after transfers.

    `zin`, `pgb`: euro of the year on n paths per uitvoerder and Landelijk; `budgets`: the kader, wlz_uitvoerder,
    zin_budget_eur, pgb_budget_eur, any number of rows per uitvoerder. After transfers: on every path the part with
    room helps the one without, weighed with the brutering (pgb → zin × factor, zin → pgb ÷ factor); what is then still
    short counts, in euro of the part that is short. `exceedance_ratio` is the share of paths; `expected_shortfall_eur`
    the mean shortage on them (null when there are none); `needed_for_80_eur` what must be added to the kader to be 80 %
    sure, 0 when it suffices already; `kader_for_80_eur` kader + that, or the amount that would just do (null for both
    parts).
    """
    amounts = [pl.col(name).sum() for name in KADERS]
    nation = budgets.select(pl.lit(NATION).alias("wlz_uitvoerder"), *amounts)
    kaders = pl.concat([budgets.group_by("wlz_uitvoerder").agg(amounts), nation]).cast(
        dict.fromkeys(KADERS, pl.Float64)
    )
    rows = []
    for uitvoerder, zin_kader, pgb_kader in kaders.cast(dict.fromkeys(KADERS, pl.Float64)).iter_rows():
        if uitvoerder not in zin or uitvoerder not in pgb:
            continue
        zin_room, pgb_room = zin_kader - zin[uitvoerder], pgb_kader - pgb[uitvoerder]
        both = short_after_transfer(zin_room, pgb_room, brutering_factor)
        rows.append((uitvoerder, "zin", zin_kader, *_describe(-zin_room, zin_kader)))
        rows.append((uitvoerder, "pgb", pgb_kader, *_describe(-pgb_room, pgb_kader)))
        rows.append((uitvoerder, "both", zin_kader + pgb_kader, *_describe(both, None)))
    return pl.DataFrame(rows, schema=EXCEEDANCE_SCHEMA, orient="row").sort("wlz_uitvoerder", "part")


def short_after_transfer(zin_room: Samples, pgb_room: Samples, brutering_factor: float) -> Samples:
    """What is short on every path after transfers between the parts; negative is what is left over.

    >>> short_after_transfer(np.array([-178.0]), np.array([30.0]), 0.86).round(1)
    array([152.2])
    """
    helped_zin = zin_room + np.maximum(pgb_room, 0.0) * brutering_factor
    helped_pgb = pgb_room + np.maximum(zin_room, 0.0) / brutering_factor
    both_short = (zin_room < 0) & (pgb_room < 0)
    left = np.where(zin_room < 0, helped_zin, np.where(pgb_room < 0, helped_pgb, zin_room + pgb_room))
    return np.asarray(-np.where(both_short, zin_room + pgb_room, left), dtype=np.float64)


def _describe(short: Samples, kader: float | None) -> tuple[float | None, ...]:
    exceeded = short > 0
    shortfall = float(short[exceeded].mean()) if exceeded.any() else None
    quantiles = [float(np.quantile(short, level)) for level in SURE_LEVELS]
    whole = [None if kader is None else kader + quantile for quantile in quantiles]
    return float(exceeded.mean()), shortfall, *whole, *(max(quantile, 0.0) for quantile in quantiles)
