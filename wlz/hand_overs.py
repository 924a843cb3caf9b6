"""Codes that go on under another name: told by a list, or seen in the claims of an uitvoerder.

A stay, a transport or a supplement gets a new code on a first of January and nothing else changes. Silence of the old
code is then no lateness, and the new one is not new. Here: which series hand over to which, and by which share. What a
forecast does with it is in `volumes/volumes.py`, what of a month is imputed in `lag/complete.py`.
"""

from collections.abc import Iterator, Mapping
from datetime import date

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
    place = ["prestatiegroep", "wlz_uitvoerder"]
    both = stopped.select(place).unique().sort(pl.all())
    found = [
        row
        for group, name in both.iter_rows()
        for row in _match(
            rows.filter(wlz_uitvoerder=name),
            rows.filter(prestatiegroep=group, wlz_uitvoerder=name),
            stopped.filter(prestatiegroep=group, wlz_uitvoerder=name),
            begun.filter(prestatiegroep=group, wlz_uitvoerder=name),
            _running(spans, group, name, last, begins),
            last,
        )
    ]
    return pl.DataFrame(found, schema=FAMILY_SCHEMA, orient="row")


def _running(spans: pl.DataFrame, group: str, name: str, last: date, begins: pl.DataFrame) -> list[str]:
    """Codes of a group of an uitvoerder that go on, and that no list calls a successor."""
    mine = spans.filter(pl.col("stop") >= last, prestatiegroep=group, wlz_uitvoerder=name)
    return mine.join(begins, on="prestatiecode", how="anti")["prestatiecode"].sort().to_list()


def _match(
    everything: pl.DataFrame,
    rows: pl.DataFrame,
    stopped: pl.DataFrame,
    begun: pl.DataFrame,
    running: list[str],
    last: date,
) -> Iterator[tuple[str, str, str, date, float, float, str, date, float]]:
    """Families of one group of an uitvoerder: those that stop together, and those that begin or jump about then.

    A price before is put at the level of today by what happened to the uitvoerder's other prices: a tariff that rises
    on the same 1 January is no other unit.
    """
    for stop in stopped["stop"].unique().sort():
        after = add_months(stop, 1)
        mine = stopped.filter(stop=stop)["prestatiecode"].to_list()
        old = {code: size for code in mine if (size := _before(rows.filter(prestatiecode=code), stop)) is not None}
        had = sum(euro for euro, _ in old.values())
        if not had:
            continue
        near = {
            code: begin
            for code, begin in begun.select("prestatiecode", "begin").sort("prestatiecode").iter_rows()
            if abs(months_between(after, begin)) <= APART_MONTHS and code not in mine
        }
        sizes = {code: _since(rows.filter(prestatiecode=code), max(begin, after), last) for code, begin in near.items()}
        new = {code: size for code, size in sizes.items() if size is not None}
        begin = min((near[code] for code in new), default=after)
        others = everything.filter(~pl.col("prestatiecode").is_in([*old, *new]))
        rise = _price_rise(others, stop, begin, last)
        if not _is_size_of(new, had):
            new = _jumps(rows.filter(pl.col("prestatiecode").is_in(running)), had, rise, stop, last)
            near = dict.fromkeys(new, after)
        if not _is_size_of(new, had):
            continue
        has = sum(euro for euro, _ in new.values())
        for code, (_, price) in old.items():
            for other, (euro, other_price) in new.items():
                yield (
                    code, rows["wlz_uitvoerder"][0], other, stop, euro / has, price * rise / other_price,
                    rows["prestatiegroep"][0], near[other], had * WINDOW_MONTHS,
                )  # fmt: skip


def _is_size_of(new: Mapping[str, tuple[float, float]], had: float) -> bool:
    has = sum(euro for euro, _ in new.values())
    return 1 / SIZE_RATIO <= has / had <= SIZE_RATIO


def _jumps(rows: pl.DataFrame, had: float, rise: float, stop: date, last: date) -> dict[str, tuple[float, float]]:
    """Series that ran on and have much more since others stopped: euro a month more, and its price.

    More than JUMP_DEVIATIONS of how their own months lay around their mean in the year before, and than
    JUMP_MINIMUM_RATIO of what stopped: other months, and other series, move by themselves.
    """
    found = {}
    for code in rows["prestatiecode"].unique().sort():
        mine = rows.filter(prestatiecode=code)
        before, since = _before(mine, stop), _since(mine, add_months(stop, 1), last)
        if before is None or since is None:
            continue
        usual = before[0] * rise
        more, volume = since[0] - usual, since[0] / since[1] - before[0] / before[1]
        year = mine.filter(pl.col("care_month") <= stop, pl.col("care_month") > add_months(stop, -WINDOW_MONTHS))
        spread = float(year["euro"].std() or 0.0)  # type: ignore[arg-type]
        if volume > 0 and more > max(JUMP_DEVIATIONS * spread, JUMP_MINIMUM_RATIO * had):
            found[code] = more, more / volume
    return found


def _price_rise(rows: pl.DataFrame, stop: date, begin: date, last: date) -> float:
    """Today's volumes of series that go on, at today's prices ÷ at those of the year up to `stop`; 1 without any."""
    care_month = pl.col("care_month")
    sums = [
        rows.filter(care_month > first, care_month <= until, pl.col("declared_volume") > 0)
        .group_by("prestatiecode")
        .agg(pl.col("euro", "declared_volume").sum())
        for first, until in ((add_months(stop, -WINDOW_MONTHS), stop), (add_months(begin, -1), last))
    ]
    both = sums[0].join(sums[1], on="prestatiecode", suffix="_now").filter(pl.col("euro") > 0, pl.col("euro_now") > 0)
    before = both.select((pl.col("euro") / pl.col("declared_volume") * pl.col("declared_volume_now")).sum()).item()
    return float(both["euro_now"].sum()) / before if before else 1.0


def _before(rows: pl.DataFrame, stop: date) -> tuple[float, float] | None:
    """Euro a month and price over the year up to the last month with care; None for a series that did not run."""
    year = rows.filter(pl.col("care_month") <= stop, pl.col("care_month") > add_months(stop, -WINDOW_MONTHS))
    euro, volume = float(year["euro"].sum()), float(year["declared_volume"].sum())
    if year.filter(pl.col("declared_volume") > 0).height < STEADY_MONTHS or euro <= 0 or volume <= 0:
        return None
    return euro / WINDOW_MONTHS, euro / volume


def _since(rows: pl.DataFrame, begin: date, last: date) -> tuple[float, float] | None:
    """Euro a month, made up for what is not yet claimed, and price since a series began; None where none is known."""
    known = rows.filter(
        pl.col("care_month") >= begin, pl.col("care_month") <= last, pl.col("completeness_ratio") >= KNOWN_RATIO
    )
    euro, volume = float(known["euro"].sum()), float(known["declared_volume"].sum())
    if known.is_empty() or euro <= 0 or volume <= 0:
        return None
    whole = float((known["euro"] / known["completeness_ratio"]).sum())
    return whole / known.height, euro / volume
