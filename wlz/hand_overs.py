"""Codes that go on under another name: told by a list, or seen in the claims of an uitvoerder.

A stay, a transport or a supplement gets a new code on a first of January and nothing else changes. Silence of the old
code is then no lateness, and the new one is not new. Here: which series hand over to which, and by which share. What a
forecast does with it is in `volumes/volumes.py`, what of a month is imputed in `lag/complete.py`.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple

import numpy as np
import polars as pl

from wlz.words.months import add_months, months_between
from wlz.words.vocabulary import SERIES_KEY

LINK_SCHEMA: dict[str, pl.DataType] = {
    "prestatiecode": pl.String(), "wlz_uitvoerder": pl.String(), "successor": pl.String(), "end_month": pl.Date(),
    "share": pl.Float64(), "volume_factor": pl.Float64(),
}  # fmt: skip
FAMILY_SCHEMA: dict[str, pl.DataType] = {
    **LINK_SCHEMA, "prestatiegroep": pl.String(), "begin_month": pl.Date(), "year_eur": pl.Float64(),
}  # fmt: skip
WINDOW_MONTHS = 12  # how far back a hand-over is looked for, and how long the old series must have run
STEADY_MONTHS = 10  # of these twelve, with care
APART_MONTHS = 1  # the new one begins at most this long before or after the old one stops
KNOWN_RATIO = 0.2  # a month of which less is known says nothing of a size
JUMP_DEVIATIONS = 3.5  # that a series which ran on has more since another stopped, of its months the year before
JUMP_MINIMUM_RATIO = 0.1  # of what stopped
SIZE_RATIO = 2.0  # the new ones together are between half and twice the old ones together


def list_links(prestaties: pl.DataFrame, successors: pl.DataFrame) -> pl.DataFrame:
    """What a list says: LINK_SCHEMA for every uitvoerder (empty), of confirmed successors of codes that have ended.

    In: `prestaties` with valid_to; `successors` prestatiecode, successor, share (empty: all), state. Units of both
    codes must be the same (the list's affair).
    """
    ends = prestaties.drop_nulls("valid_to").select("prestatiecode", pl.col("valid_to").dt.truncate("1mo"))
    found = successors.filter(state="confirmed").join(ends, on="prestatiecode", how="inner")
    return found.select(
        "prestatiecode",
        pl.lit(None, dtype=pl.String).alias("wlz_uitvoerder"),
        "successor",
        pl.col("valid_to").alias("end_month"),
        pl.col("share").fill_null(1.0),
        pl.lit(1.0).alias("volume_factor"),
    )


def spread_links(links: pl.DataFrame, uitvoerders: pl.Series) -> pl.DataFrame:
    """Links of every uitvoerder by name; shares and factors that are not given are 1."""
    given = links.drop_nulls(["successor", "end_month"])
    lacking = [pl.lit(None if name == "wlz_uitvoerder" else 1.0, dtype).alias(name)
               for name, dtype in LINK_SCHEMA.items() if name not in given.columns]  # fmt: skip
    whole = given.with_columns(lacking).select(LINK_SCHEMA.keys())
    named = whole.filter(pl.col("wlz_uitvoerder").is_not_null())
    everywhere = whole.filter(pl.col("wlz_uitvoerder").is_null()).drop("wlz_uitvoerder")
    spread = everywhere.join(uitvoerders.unique().sort().rename("wlz_uitvoerder").to_frame(), how="cross")
    return pl.concat([named, spread.select(named.columns)]).sort("prestatiecode", "wlz_uitvoerder", "successor")


def add_seen(links: pl.DataFrame, ended: pl.DataFrame, seen: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Links and ends (prestatiecode, end_month, and the uitvoerder where it is one) with those seen in the claims."""
    of_uitvoerder = seen.select("prestatiecode", "wlz_uitvoerder", "end_month").unique()
    both = pl.concat([links, seen.select(LINK_SCHEMA.keys())])
    return both, pl.concat([ended, of_uitvoerder], how="diagonal_relaxed")


def find_hand_overs(
    series: pl.DataFrame, completeness: pl.DataFrame, prestaties: pl.DataFrame, links: pl.DataFrame
) -> pl.DataFrame:
    """Series of an uitvoerder and group that begin, or jump, where others stop: FAMILY_SCHEMA, a row per old and new.

    In: SERIES rows with declared_volume and declared_amount_eur; `completeness` (prestatiecode, wlz_uitvoerder,
    care_month, completeness_ratio); groups of `prestaties`; `links` that a list says: a code they hand over is no old
    one here, one that takes over no new one.
    The old series ran for a year and is silent since; the new ones had no care before; together they are between half
    and twice as large a month. Where no new ones are, those that ran on count by what they have more since than in the
    year before, if that is more than they ever moved by themselves (`_jumps`). `share` is by euro, `volume_factor` new
    units per old one, `year_eur` that of the old series over their last twelve months.
    """
    if completeness.is_empty():
        return pl.DataFrame(schema=FAMILY_SCHEMA)
    ends, begins = (links.select(prestatiecode=name).unique() for name in ("prestatiecode", "successor"))
    month = [*SERIES_KEY, "care_month"]
    rows = (
        series.join(prestaties.select("prestatiecode", "prestatiegroep"), on="prestatiecode", how="inner")
        .join(completeness.select(*month, "completeness_ratio"), on=month, how="left")
        .with_columns(pl.col("declared_amount_eur").cast(pl.Float64).fill_null(0.0).alias("euro"))
        .with_columns(pl.col("completeness_ratio").fill_null(1.0), pl.col("declared_volume").fill_null(0.0))
    )
    first, last = rows["care_month"].min(), rows.filter(pl.col("completeness_ratio") >= KNOWN_RATIO)["care_month"].max()
    if not isinstance(first, date) or not isinstance(last, date):
        return pl.DataFrame(schema=FAMILY_SCHEMA)
    cared = rows.filter(pl.col("declared_volume") > 0)
    spans = cared.group_by("prestatiegroep", *SERIES_KEY).agg(
        pl.col("care_month").min().alias("begin"), pl.col("care_month").max().alias("stop")
    )
    horizon = add_months(last, -WINDOW_MONTHS)
    stopped = spans.filter(pl.col("stop") < last, pl.col("stop") >= horizon).join(ends, on="prestatiecode", how="anti")
    begun = spans.filter(pl.col("begin") > horizon, pl.col("begin") > first).join(
        begins, on="prestatiecode", how="anti"
    )
    going = spans.filter(pl.col("stop") >= last).join(begins, on="prestatiecode", how="anti")
    place = ["wlz_uitvoerder", "prestatiegroep"]
    parts = [frame.partition_by(place, as_dict=True) for frame in (stopped, begun, going)]
    cares = {name: _lay_out(mine, last) for (name,), mine in rows.partition_by("wlz_uitvoerder", as_dict=True).items()}
    found = []
    for group, name in stopped.select("prestatiegroep", "wlz_uitvoerder").unique().sort(pl.all()).iter_rows():
        ends_here, begins_here, runs = (part.get((name, group), part_of.clear()) for part, part_of in zip(
            parts, (stopped, begun, going), strict=True))  # fmt: skip
        for family in _match(cares[name], ends_here, begins_here, runs["prestatiecode"].sort().to_list(), last):
            old, new, stop, share, factor, begin, year = family
            found.append((old, name, new, stop, share, factor, group, begin, year))
    return pl.DataFrame(found, schema=FAMILY_SCHEMA, orient="row")


class _Care(NamedTuple):
    """The series of one uitvoerder as codes × months: row of a code, first month, and what was claimed and is known."""

    row_of: Mapping[str, int]
    first: date
    is_there: np.ndarray  # bool: since the first claim of the series
    euro: np.ndarray  # float64, 0 where nothing was claimed
    volume: np.ndarray
    is_known: np.ndarray  # bool: claimed, up to the last known month, and known for KNOWN_RATIO at least
    whole: np.ndarray  # euro made up for what is not yet claimed, where known

    def months(self, first: date, last: date) -> slice:
        """Columns of the months from first to last, as far as there are any."""
        begin, end = (months_between(self.first, month) for month in (first, last))
        return slice(max(begin, 0), max(end + 1, 0))

    def year_to(self, stop: date) -> slice:
        """Columns of the WINDOW_MONTHS up to a month."""
        return self.months(add_months(stop, 1 - WINDOW_MONTHS), stop)


def _lay_out(rows: pl.DataFrame, last: date) -> _Care:
    """Rows of one uitvoerder, a row per code and month, as arrays."""
    codes = rows["prestatiecode"].unique().sort().to_list()
    row_of = {code: row for row, code in enumerate(codes)}
    first: date = rows["care_month"].min()  # type: ignore[assignment]
    final: date = rows["care_month"].max()  # type: ignore[assignment]
    at = (
        rows["prestatiecode"].replace_strict(row_of, return_dtype=pl.Int64).to_numpy(),
        rows.select((pl.col("care_month").dt.year() - first.year) * 12 + pl.col("care_month").dt.month() - first.month)
        .to_series()
        .to_numpy(),
    )
    shape = (len(codes), months_between(first, final) + 1)
    ratio = rows["completeness_ratio"].to_numpy()
    known = (rows["care_month"] <= last).to_numpy() & (ratio >= KNOWN_RATIO)
    there, is_known = (np.zeros(shape, dtype=bool) for _ in range(2))
    laid = _Care(row_of, first, there, np.zeros(shape), np.zeros(shape), is_known, np.zeros(shape))
    laid.is_there[at] = True
    laid.euro[at], laid.volume[at] = rows["euro"].to_numpy(), rows["declared_volume"].to_numpy()
    laid.is_known[at] = known
    laid.whole[at] = np.divide(laid.euro[at], ratio, out=np.zeros(len(ratio)), where=known)
    return laid


def _match(
    care: _Care, stopped: pl.DataFrame, begun: pl.DataFrame, running: list[str], last: date
) -> Iterator[tuple[str, str, date, float, float, date, float]]:
    """Families of one group of an uitvoerder: those that stop together, and those that begin or jump about then.

    Each: old code, new code, last month of the old, share, units of the new per old one, first month of the new, euro
    of the year of the old. A price before is put at the level of today by what happened to the uitvoerder's other
    prices: a tariff that rises on the same 1 January is no other unit.
    """
    for stop in stopped["stop"].unique().sort():
        after = add_months(stop, 1)
        mine = stopped.filter(stop=stop)["prestatiecode"].to_list()
        old = {code: size for code in mine if (size := _before(care, code, stop)) is not None}
        had = sum(euro for euro, _ in old.values())
        if not had:
            continue
        near = {
            code: begin
            for code, begin in begun.select("prestatiecode", "begin").sort("prestatiecode").iter_rows()
            if abs(months_between(after, begin)) <= APART_MONTHS and code not in mine
        }
        sizes = {code: _since(care, code, max(begin, after), last) for code, begin in near.items()}
        new = {code: size for code, size in sizes.items() if size is not None}
        begin = min((near[code] for code in new), default=after)
        rise = _price_rise(care, {*old, *new}, stop, begin, last)
        if not _is_size_of(new, had):
            new = _jumps(care, running, had, rise, stop, last)
            near = dict.fromkeys(new, after)
        if not _is_size_of(new, had):
            continue
        has = sum(euro for euro, _ in new.values())
        for code, (_, price) in old.items():
            for other, (euro, other_price) in new.items():
                yield code, other, stop, euro / has, price * rise / other_price, near[other], had * WINDOW_MONTHS


def _is_size_of(new: Mapping[str, tuple[float, float]], had: float) -> bool:
    has = sum(euro for euro, _ in new.values())
    return 1 / SIZE_RATIO <= has / had <= SIZE_RATIO


def _jumps(
    care: _Care, running: list[str], had: float, rise: float, stop: date, last: date
) -> dict[str, tuple[float, float]]:
    """Series that ran on and have much more since others stopped: euro a month more, and its price.

    More than JUMP_DEVIATIONS of how their own months lay around their mean in the year before, and than
    JUMP_MINIMUM_RATIO of what stopped: other months, and other series, move by themselves.
    """
    found = {}
    for code in running:
        before, since = _before(care, code, stop), _since(care, code, add_months(stop, 1), last)
        if before is None or since is None:
            continue
        usual = before[0] * rise
        more, volume = since[0] - usual, since[0] / since[1] - before[0] / before[1]
        row, months = care.row_of[code], care.year_to(stop)
        year = care.euro[row, months][care.is_there[row, months]]
        spread = float(year.std(ddof=1)) if year.size > 1 else 0.0
        if volume > 0 and more > max(JUMP_DEVIATIONS * spread, JUMP_MINIMUM_RATIO * had):
            found[code] = more, more / volume
    return found


def _price_rise(care: _Care, leaving: set[str], stop: date, begin: date, last: date) -> float:
    """Today's volumes of series that go on, at today's prices ÷ at those of the year up to `stop`; 1 without any."""
    stays = np.array([code not in leaving for code in care.row_of])
    cared = care.volume > 0
    (euro, volume), (euro_now, volume_now) = (
        ((care.euro * cared)[:, months].sum(axis=1), (care.volume * cared)[:, months].sum(axis=1))
        for months in (care.year_to(stop), care.months(begin, last))
    )
    both = stays & (euro > 0) & (euro_now > 0)
    before = float((euro[both] / volume[both] * volume_now[both]).sum())
    return float(euro_now[both].sum()) / before if before else 1.0


def _before(care: _Care, code: str, stop: date) -> tuple[float, float] | None:
    """Euro a month and price over the year up to the last month with care; None for a series that did not run."""
    row, months = care.row_of[code], care.year_to(stop)
    euro, volume = float(care.euro[row, months].sum()), float(care.volume[row, months].sum())
    if np.count_nonzero(care.volume[row, months] > 0) < STEADY_MONTHS or euro <= 0 or volume <= 0:
        return None
    return euro / WINDOW_MONTHS, euro / volume


def _since(care: _Care, code: str, begin: date, last: date) -> tuple[float, float] | None:
    """Euro a month, made up for what is not yet claimed, and price since a series began; None where none is known."""
    row, months = care.row_of[code], care.months(begin, last)
    known = care.is_known[row, months]
    euro, volume = float(care.euro[row, months][known].sum()), float(care.volume[row, months][known].sum())
    if not known.any() or euro <= 0 or volume <= 0:
        return None
    return float(care.whole[row, months].sum()) / int(known.sum()), euro / volume
