"""How people write a panel or a triangle: one change of a sound table per shape, and the word a person needs."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

Rng = np.random.Generator
SERIES = ["unique_id", "month"]


class Written(NamedTuple):
    """A file, the separator that is named for it, and what its figure is of the truth (another unit throughout)."""

    path: Path
    separator: str = ","
    factor: float = 1.0


class Change(NamedTuple):
    """How a shape is written, and words of which one must be said if the figure is wrong."""

    write: Callable[[pl.DataFrame, Rng, Path], Written]
    words: str


def _csv(frame: pl.DataFrame, folder: Path, separator: str = ",", factor: float = 1.0) -> Written:
    path = folder / "file.csv"
    frame.write_csv(path, separator=separator)
    return Written(path, separator, factor)


def _plain(change: Callable[[pl.DataFrame, Rng], pl.DataFrame]) -> Callable[[pl.DataFrame, Rng, Path], Written]:
    return lambda frame, rng, folder: _csv(change(frame, rng), folder)


def _text(change: Callable[[str], str], separator: str = ",") -> Callable[[pl.DataFrame, Rng, Path], Written]:
    def write(frame: pl.DataFrame, _: Rng, folder: Path) -> Written:
        path = folder / "file.csv"
        path.write_text(change(frame.write_csv(separator=separator)), encoding="utf-8")
        return Written(path, separator)

    return write


def _grain(step: str) -> Callable[[pl.DataFrame, Rng], pl.DataFrame]:
    def change(frame: pl.DataFrame, _: Rng) -> pl.DataFrame:
        return frame.group_by("unique_id", pl.col("month").dt.truncate(step), maintain_order=True).agg(
            pl.col("value").sum()
        )

    return change


def _mixed(frame: pl.DataFrame, rng: Rng) -> pl.DataFrame:
    """Half of the series per quarter."""
    names = frame["unique_id"].unique().sort()
    some = names.sample(max(1, len(names) // 2), seed=int(rng.integers(1000)))
    quarterly = _grain("1q")(frame.filter(pl.col("unique_id").is_in(some.implode())), rng)
    return pl.concat([frame.filter(~pl.col("unique_id").is_in(some.implode())), quarterly])


def _days(frame: pl.DataFrame, rng: Rng) -> pl.DataFrame:
    """Rows per day: a month over its days."""
    days = frame.with_columns(
        pl.date_ranges("month", pl.col("month").dt.month_end()).alias("day")
    ).with_columns(pl.col("value") / pl.col("day").list.len())  # fmt: skip
    return days.explode("day").select("unique_id", month="day", value=pl.col("value").round(3))


def _weeks(frame: pl.DataFrame, rng: Rng) -> pl.DataFrame:
    return (
        _days(frame, rng).group_by("unique_id", pl.col("month").dt.truncate("1w"), maintain_order=True)
        .agg(pl.col("value").sum())
    )  # fmt: skip


def _running(since: str | None) -> Callable[[pl.DataFrame, Rng], pl.DataFrame]:
    def change(frame: pl.DataFrame, _: Rng) -> pl.DataFrame:
        over = ["unique_id", pl.col("month").dt.year()] if since else ["unique_id"]
        return frame.sort(SERIES).with_columns(pl.col("value").cum_sum().over(over).round(1))

    return change


def _marks(template: str) -> Callable[[pl.DataFrame, Rng, Path], Written]:
    """Numbers as text: decimal sign and mark of thousands."""

    def write(frame: pl.DataFrame, _: Rng, folder: Path) -> Written:
        decimals, mark, sign = {"dutch": (1, ".", ","), "english": (1, ",", "."), "dots": (0, ".", ","),
                                "spaces": (0, " ", "."), "comma": (1, "", ",")}[template]  # fmt: skip
        scaled = (10 * frame["value"]).to_list()
        shown = [f"{value:,.{decimals}f}".replace(",", "_").replace(".", sign).replace("_", mark) for value in scaled]
        return _csv(frame.with_columns(value=pl.Series(shown)), folder, ";", 10.0)

    return write


def _absent(share: float) -> Callable[[pl.DataFrame, Rng], pl.DataFrame]:
    def change(frame: pl.DataFrame, rng: Rng) -> pl.DataFrame:
        return frame.filter(pl.Series(rng.random(frame.height) >= share))

    return change


def _activity(frame: pl.DataFrame, rng: Rng, folder: Path) -> Written:
    """Every second value or so is 0 and has no row."""
    rows = rng.random(frame.height) < 0.5
    return _csv(frame.filter(pl.Series(rows)), folder, ",", 0.5)


def _shuffled(frame: pl.DataFrame, rng: Rng) -> pl.DataFrame:
    return frame.sample(fraction=1, shuffle=True, seed=int(rng.integers(99)))


def _total(name: str, place: str) -> Callable[[pl.DataFrame, Rng], pl.DataFrame]:
    def change(frame: pl.DataFrame, _: Rng) -> pl.DataFrame:
        whole = frame.group_by("month", maintain_order=True).agg(pl.col("value").sum().round(1))
        total = whole.select(unique_id=pl.lit(name), month="month", value="value")
        return pl.concat([total, frame] if place == "first" else [frame, total])

    return change


def _spaces(frame: pl.DataFrame, rng: Rng) -> pl.DataFrame:
    some = pl.Series(rng.random(frame.height) < 0.3)
    return frame.with_columns(pl.when(some).then(pl.col("unique_id") + " ").otherwise("unique_id").alias("unique_id"))


def _case(frame: pl.DataFrame, _: Rng) -> pl.DataFrame:
    """From some month on the names are written in capitals."""
    late = pl.col("month") > pl.col("month").min().dt.offset_by("30mo")
    name = pl.when(late).then(pl.col("unique_id").str.to_uppercase()).otherwise("unique_id")
    return frame.with_columns(name.alias("unique_id"))


def _slip(frame: pl.DataFrame, rng: Rng) -> pl.DataFrame:
    """One row of another year."""
    row = int(rng.integers(frame.height))
    years = int(rng.choice([-90, -10, 10, 12, 90]))
    moved = pl.when(pl.int_range(pl.len()) == row).then(pl.col("month").dt.offset_by(f"{years}y")).otherwise("month")
    return frame.with_columns(moved.alias("month"))


def _unit(frame: pl.DataFrame, rng: Rng) -> pl.DataFrame:
    """The last one to four months in another unit."""
    last = frame["month"].unique().sort()[-int(rng.integers(1, 5))]
    factor = float(rng.choice([1000.0, 0.001, 60.0, 1 / 60]))
    return frame.with_columns(pl.when(pl.col("month") >= last).then(pl.col("value") * factor).otherwise("value"))


def _tail(frame: pl.DataFrame, rng: Rng) -> pl.DataFrame:
    """A run-off in the last one to three months, or zeros."""
    months = frame["month"].unique().sort()
    known = [(0.2, 0.7, 0.9), (0.3, 0.6), (0.5,), (0.0,), (0.0, 0.0)][int(rng.integers(5))]
    for back, share in enumerate(known, start=1):
        late = pl.col("month") == months[-back]
        frame = frame.with_columns(pl.when(late).then(pl.col("value") * share).otherwise("value").alias("value"))
    return frame


def _twice(frame: pl.DataFrame, rng: Rng) -> pl.DataFrame:
    return pl.concat([frame, frame.sample(max(1, frame.height // 10), seed=int(rng.integers(1000)))])


def _wide_months(frame: pl.DataFrame, _: Rng) -> pl.DataFrame:
    return frame.with_columns(pl.col("month").dt.strftime("%Y-%m")).pivot("month", index="unique_id", values="value")


def _wide_series(frame: pl.DataFrame, _: Rng) -> pl.DataFrame:
    return frame.pivot("unique_id", index="month", values="value").rename({"month": "Month"})


def _notation(form: str) -> Callable[[pl.DataFrame, Rng], pl.DataFrame]:
    return lambda frame, _: frame.with_columns(pl.col("month").dt.strftime(form))


def _excel(frame: pl.DataFrame, _: Rng, folder: Path) -> Written:
    path = folder / "file.xlsx"
    frame.write_excel(path)
    return Written(path)


PANEL_CHANGES: dict[str, Change] = {
    "as it should be": Change(_plain(lambda frame, _: frame), "$^"),
    "in any order": Change(_plain(_shuffled), "$^"),
    "per quarter": Change(_plain(_grain("1q")), "3 months apart|quarter"),
    "per year": Change(_plain(_grain("1y")), "12 months apart|year"),
    "per day": Change(_plain(_days), "rows per day"),
    "per week": Change(_plain(_weeks), "rows per (week|day)"),
    "half per quarter": Change(_plain(_mixed), "months apart"),
    "since January": Change(_plain(_running("January")), "rise since January"),
    "running totals": Change(_plain(_running(None)), "rise since the first"),
    "Dutch numbers": Change(_marks("dutch"), "decimal comma|thousands"),
    "English thousands": Change(_marks("english"), "decimal comma|thousands"),
    "dots for thousands": Change(_marks("dots"), "thousands"),
    "spaces for thousands": Change(_marks("spaces"), "thousands"),
    "decimal comma": Change(_marks("comma"), "decimal comma"),
    "few months without a row": Change(_plain(_absent(0.05)), "gap|no row|months apart"),
    "only months with activity": Change(_activity, "rows only for months with activity|no row|months apart"),
    "a total first": Change(_plain(_total("Totaal", "first")), "total"),
    "a total last": Change(_plain(_total("zz", "last")), "zz|same values"),
    "spaces behind names": Change(_plain(_spaces), "spaces around"),
    "names in two cases": Change(_plain(_case), "two ways"),
    "a slip in a year": Change(_plain(_slip), "typing error in a year|more than one row"),
    "another unit at the end": Change(_plain(_unit), "another unit|20 times|incomplete|jump|not complete"),
    "last months not complete": Change(_plain(_tail), "not complete|incomplete"),
    "rows twice": Change(_plain(_twice), "more than one row"),
    "a column per month": Change(_plain(_wide_months), "column per month"),
    "a column per series": Change(_plain(_wide_series), "column per series"),
    "month-end dates": Change(
        _plain(lambda frame, _: frame.with_columns(pl.col("month").dt.month_end())), "last day"),
    "months as 201805": Change(_plain(_notation("%Y%m")), "another notation"),
    "months as May 2018": Change(_plain(_notation("%b %Y")), "another notation"),
    "dates as 01-05-2018": Change(_plain(_notation("%d-%m-%Y")), "notation|which is which"),
    "dates as 5/1/2018": Change(_plain(_notation("%m/%d/%Y")), "notation|which is which"),
    "ds and y": Change(_plain(lambda frame, _: frame.rename({"month": "ds", "value": "y"})), "column"),
    "headers with spaces and capitals": Change(
        _plain(lambda frame, _: frame.rename({"unique_id": " Unique ID", "month": "Month ", "value": "VALUE"})),
        "column",
    ),
    "lines above the header": Change(_text(lambda text: f"Volumes per month\n# made\n{text}"), "above the header"),
    "a note below": Change(_text(lambda text: f"{text}Source: own count\n"), "below the rows|empty line"),
    "a byte order mark": Change(_text(lambda text: "\ufeff" + text), "$^"),
    "a workbook": Change(_excel, "sheet"),
}  # fmt: skip

KEYS = ["key", "care_month"]


def _increments(frame: pl.DataFrame, _: Rng) -> pl.DataFrame:
    ordered = frame.sort([*KEYS, "delivery_month"])
    return ordered.with_columns(pl.col("value").diff().over(KEYS).fill_null(pl.col("value")).round(2))


def _lags(frame: pl.DataFrame) -> pl.DataFrame:
    months = (pl.col("delivery_month").dt.year() - pl.col("care_month").dt.year()) * 12 + (
        pl.col("delivery_month").dt.month().cast(pl.Int32) - pl.col("care_month").dt.month().cast(pl.Int32)
    )
    return frame.with_columns(months.alias("dev")).drop("delivery_month")


def _origin_dev(frame: pl.DataFrame, rng: Rng) -> pl.DataFrame:
    shifted = _lags(frame).with_columns(pl.col("dev") + int(rng.integers(0, 2)))
    return shifted.rename({"care_month": "origin"})


def _wide_lags(frame: pl.DataFrame, _: Rng) -> pl.DataFrame:
    return _lags(frame).with_columns(pl.col("dev").cast(pl.String)).pivot("dev", index=KEYS, values="value").rename(
        {"care_month": "origin"})  # fmt: skip


def _every(months: int) -> Callable[[pl.DataFrame, Rng], pl.DataFrame]:
    def change(frame: pl.DataFrame, _: Rng) -> pl.DataFrame:
        kept = frame["delivery_month"].unique().sort()[::-1][::months]
        return frame.filter(pl.col("delivery_month").is_in(kept.implode()))

    return change


def _copied(frame: pl.DataFrame, _: Rng) -> pl.DataFrame:
    """The last delivery says what the one before said."""
    last, before = frame["delivery_month"].unique().sort()[-1], frame["delivery_month"].unique().sort()[-2]
    copy = frame.filter(pl.col("delivery_month") == before).with_columns(delivery_month=pl.lit(last))
    return pl.concat([frame.filter(pl.col("delivery_month") < last), copy])


def _last_unit(frame: pl.DataFrame, rng: Rng) -> pl.DataFrame:
    last, factor = frame["delivery_month"].max(), float(rng.choice([1000.0, 60.0, 0.001]))
    return frame.with_columns(
        pl.when(pl.col("delivery_month") == last).then(pl.col("value") * factor).otherwise("value").alias("value")
    )


def _no_zero_rows(frame: pl.DataFrame, rng: Rng) -> pl.DataFrame:
    """At the first lag half of the care months has nothing, and no row."""
    months = frame["care_month"].unique().sort()
    empty = months.filter(pl.Series(rng.random(len(months)) < 0.5))
    first = pl.col("care_month") == pl.col("delivery_month")
    return frame.filter(~(first & pl.col("care_month").is_in(empty.implode())))


TRIANGLE_CHANGES: dict[str, Change] = {
    "as it should be": Change(_plain(lambda frame, _: frame), "$^"),
    "in any order": Change(_plain(_shuffled), "$^"),
    "increments": Change(_plain(_increments), "increments"),
    "origin, dev, value": Change(_plain(_origin_dev), "lags are counted"),
    "a column per lag": Change(_plain(_wide_lags), "column per lag"),
    "every second delivery": Change(_plain(_every(2)), "link ratio"),
    "every third delivery": Change(_plain(_every(3)), "link ratio"),
    "the last delivery a copy": Change(_plain(_copied), "copy"),
    "the last delivery in another unit": Change(_plain(_last_unit), "another unit"),
    "no rows of zero": Change(_plain(_no_zero_rows), "read as 0|link ratio"),
    "some rows missing": Change(_plain(_absent(0.03)), "link ratio"),
    "delivery days": Change(
        _plain(lambda frame, rng: frame.with_columns(pl.col("delivery_month").dt.offset_by("3d"))), "their month"),
    "Dutch numbers": Change(_marks("dutch"), "decimal comma|thousands"),
    "dots for thousands": Change(_marks("dots"), "thousands"),
    "rows twice": Change(_plain(_twice), "more than one row"),
    "lines above the header": Change(_text(lambda text: f"Triangle\n{text}"), "above the header"),
    "a workbook": Change(_excel, "sheet"),
}  # fmt: skip
