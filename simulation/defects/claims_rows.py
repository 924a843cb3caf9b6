"""Defects in rows of the claims: codes, keys, signs, missing and doubled rows. Prices and units are apart."""

import polars as pl

from simulation.defects.planting import (
    KEY,
    SERIES_SIZES,
    Defect,
    Outcome,
    Plant,
    Planted,
    Target,
    care_month,
    care_months,
    choose_series,
    choose_uitvoerder,
    delivery_before,
    euro,
    matches,
    of_uitvoerder,
    scale_rows,
    series_rows,
    sized,
    whole_file,
)
from wlz.words.vocabulary import MONEY

ROWS_TOUCHED = sized(1, 5, 50)
OLDER_LAG = 5
CORRECTED_LAGS = (5, 10)
CORRECTED_RATIO = 0.7
CLOSED_LAG = 13  # the first month that should not move
LATE_CHANGE_RATIO = 1.2
LEVEL_LAGS = (1, 2)
LEVEL_RATIO = sized(1.5, 2.0, 4.0)


def _pick_rows(target: Target, frame: pl.DataFrame, month: str) -> pl.DataFrame:
    rows = frame.filter((pl.col("zorgmaand") == month) & (pl.col("aantal") > 1))
    count = min(ROWS_TOUCHED[target.size], rows.height)
    return rows[sorted(target.rng.choice(rows.height, size=count, replace=False).tolist())]


def _one_row(row: dict[str, object]) -> dict[str, str]:
    return {column: str(row[column]) for column in KEY}


def _mark_rows(frame: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """The frame with ``hit`` true in the rows with these keys, null elsewhere."""
    keys = rows.select(KEY).with_columns(hit=pl.lit(True))
    return frame.join(keys, on=list(KEY), how="left", maintain_order="left")


def _missing_region(target: Target) -> Outcome:
    frame = target.frame
    per_code = frame.group_by("zorgkantoorcode").agg(pl.col("bedrag").sum()).sort("zorgkantoorcode")
    codes = per_code["zorgkantoorcode"].to_list()
    by_euro = per_code.sort("bedrag", "zorgkantoorcode")["zorgkantoorcode"]
    drawn = codes[int(target.rng.integers(len(codes)))]
    hit = pl.col("zorgkantoorcode") == sized(by_euro[0], drawn, by_euro[-1])[target.size]
    rows = frame.filter(hit)
    where = {"zorgkantoorcode": str(rows["zorgkantoorcode"][0])}
    planted = Planted(where, rows.height, euro(rows), "all rows of this zorgkantoor left out")
    return target.with_frame(frame.filter(~hit)), [planted]


def _negative_total(target: Target) -> Outcome:
    month = care_month(target, OLDER_LAG)
    number, prestatie = choose_series(target, [month])
    where = {"prestatiecode": prestatie, "zorgmaand": month}
    hit = of_uitvoerder(target.world, number) & matches(where)
    rows = target.frame.filter(hit)
    changed = target.frame.with_columns(
        aantal=pl.when(hit).then(-pl.col("aantal")).otherwise(pl.col("aantal")),
        bedrag=pl.when(hit).then(pl.col("bedrag") * -1).otherwise(pl.col("bedrag")).cast(MONEY),
    )
    where = {"wlz_uitvoerder": target.world.uitvoerders[number], **where}
    planted = Planted(where, rows.height, -2 * euro(rows), "volume and amount of every row turned negative")
    return target.with_frame(changed), [planted]


def _duplicate_key(target: Target) -> Outcome:
    rows = _pick_rows(target, target.frame, care_month(target, OLDER_LAG))
    planted = [Planted(_one_row(row), 1, float(row["bedrag"]), "delivered twice") for row in rows.to_dicts()]
    return target.with_frame(pl.concat([target.frame, rows])), planted


def _replace_value(column: str, value: str, lag: int, words: str) -> Plant:
    """A defect that puts one value of a column in a few rows of a recent month."""

    def plant(target: Target) -> Outcome:
        others = [name for name in KEY if name != column]  # the new value must not make two rows share a key
        alone = target.frame.unique(others, keep="first", maintain_order=True)
        rows = _pick_rows(target, alone, care_month(target, lag))
        new = pl.when(pl.col("hit")).then(pl.lit(value)).otherwise(pl.col(column))
        planted = [
            Planted({**_one_row(row), column: value}, 1, float(row["bedrag"]), f"{words}; was {column}={row[column]}")
            for row in rows.to_dicts()
        ]
        return target.with_frame(_mark_rows(target.frame, rows).with_columns(new.alias(column)).drop("hit")), planted

    return plant


def _missing_month(target: Target) -> Outcome:
    number, month = choose_uitvoerder(target), care_month(target, OLDER_LAG + 1)
    hit = of_uitvoerder(target.world, number) & (pl.col("zorgmaand") == month)
    rows = target.frame.filter(hit)
    where = {"wlz_uitvoerder": target.world.uitvoerders[number], "zorgmaand": month}
    planted = Planted(where, rows.height, euro(rows), "no rows for this care month")
    return target.with_frame(target.frame.filter(~hit)), [planted]


def _future_care_month(target: Target) -> Outcome:
    rows = _pick_rows(target, target.frame, care_month(target, 1))
    moved = rows.with_columns(zorgmaand=pl.lit(care_month(target, -2)))
    planted = [Planted(_one_row(row), 1, float(row["bedrag"]), "care after the delivery") for row in moved.to_dicts()]
    return target.with_frame(pl.concat([target.frame, moved])), planted


def _sign_mismatch(target: Target) -> Outcome:
    rows = _pick_rows(target, target.frame, care_month(target, OLDER_LAG + 2))
    amount = pl.when(pl.col("hit")).then(pl.col("bedrag") * -1).otherwise(pl.col("bedrag")).cast(MONEY)
    planted = [
        Planted(_one_row(row), 1, float(row["bedrag"]), "amount negative, volume positive") for row in rows.to_dicts()
    ]
    changed = _mark_rows(target.frame, rows).with_columns(bedrag=amount).drop("hit")
    return target.with_frame(changed), planted


def _part_of_file(target: Target) -> tuple[pl.Expr, dict[str, str]]:
    """The smallest uitvoerder for a small defect of a whole file, else all rows; and the key that says so."""
    if target.size != "small":
        return pl.lit(True), whole_file(target.frame)
    number = choose_uitvoerder(target)
    return of_uitvoerder(target.world, number), {"wlz_uitvoerder": target.world.uitvoerders[number]}


def _doubled_delivery(target: Target) -> Outcome:
    hit, where = _part_of_file(target)
    rows = target.frame.filter(hit)
    doubled = target.frame.with_columns(
        aantal=pl.when(hit).then(pl.col("aantal") * 2).otherwise(pl.col("aantal")),
        bedrag=pl.when(hit).then(pl.col("bedrag") * 2).otherwise(pl.col("bedrag")).cast(MONEY),
    )
    words = "volume and amount of every row twice; the euro is what is counted twice"
    return target.with_frame(doubled), [Planted(where, rows.height, euro(rows), words)]


def _half_delivery(target: Target) -> Outcome:
    part, where = _part_of_file(target)
    place = pl.int_range(pl.len()).over("zorgmaand")
    kept = place % 4 == 0 if target.size == "large" else place % 2 == 0
    is_left_out = part & ~kept
    left_out = target.frame.filter(is_left_out)
    which = "three of four rows" if target.size == "large" else "every second row"
    words = f"{which} of each care month left out; the euro is what is missing"
    planted = Planted(where, left_out.height, euro(left_out), words)
    return target.with_frame(target.frame.filter(~is_left_out)), [planted]


def _revise(target: Target, first_lag: int, last_lag: int, ratio: float, words: str) -> Outcome:
    """One series revised in a range of months; the euro is the change against the delivery before."""
    months = care_months(target, first_lag, last_lag)
    hit, where = series_rows(target, choose_series(target, months), months)
    changed = scale_rows(target.frame, hit, volume=ratio, amount=ratio)
    revision = abs(euro(changed.filter(hit)) - euro(delivery_before(target).filter(hit)))
    return target.with_frame(changed), [Planted(where, target.frame.filter(hit).height, revision, words)]


def _negative_increment(target: Target) -> Outcome:
    words = "volume and amount corrected down by 30 %; the euro is the fall against the delivery before"
    return _revise(target, *CORRECTED_LAGS, CORRECTED_RATIO, words)


def _late_change(target: Target) -> Outcome:
    first = min(target.frame["zorgmaand"])
    oldest = (target.until.year - int(first[:4])) * 12 + target.until.month - int(first[5:])
    words = "volume and amount of closed months raised by 20 %; the euro is the rise against the delivery before"
    return _revise(target, CLOSED_LAG, oldest, LATE_CHANGE_RATIO, words)


def _sudden_level(target: Target) -> Outcome:
    months, ratio = care_months(target, *LEVEL_LAGS), LEVEL_RATIO[target.size]
    hit, where = series_rows(target, choose_series(target, months), months)
    rows = target.frame.filter(hit)
    changed = scale_rows(target.frame, hit, volume=ratio, amount=ratio)
    words = f"volume and amount times {ratio:g}; the euro is what was declared too much, not completed"
    planted = Planted(where, rows.height, euro(changed.filter(hit)) - euro(rows), words)
    return target.with_frame(changed), [planted]


_ROWS = sized("1 row", "5 rows", "50 rows")
_UITVOERDER = sized("the smallest uitvoerder", "one uitvoerder", "the largest uitvoerder")
DEFECTS: dict[str, Defect] = {
    "missing_region": Defect(
        "One zorgkantoor is absent from the delivery.",
        "L01",
        sized("the smallest zorgkantoor", "one zorgkantoor", "the largest zorgkantoor"),
        1,
        _missing_region,
    ),
    "negative_total": Defect(
        "Corrections beyond what was claimed: a negative total of an uitvoerder, prestatie and month.",
        "V01",
        SERIES_SIZES,
        2,
        _negative_total,
    ),
    "duplicate_key": Defect("Rows delivered twice under the same key.", "D03", _ROWS, 3, _duplicate_key),
    "unknown_prestatie": Defect(
        "Rows under a prestatie that is in no list.",
        "D02-rows",
        _ROWS,
        4,
        _replace_value("prestatiecode", "X999", 4, "prestatie in no list"),
    ),
    "unknown_unit": Defect(
        "Rows under a unit that is in no list.",
        "D02-rows",
        _ROWS,
        5,
        _replace_value("eenheid", "99", 4, "unit in no list"),
    ),
    "unknown_zorgkantoor": Defect(
        "Rows under a zorgkantoor code that does not exist.",
        "D02",
        _ROWS,
        6,
        _replace_value("zorgkantoorcode", "5599", 4, "zorgkantoor code that does not exist"),
    ),
    "missing_month": Defect("One uitvoerder lacks an older care month.", "L05", _UITVOERDER, 8, _missing_month),
    "future_care_month": Defect("Rows for care in a month after the delivery.", "D06", _ROWS, 9, _future_care_month),
    "sign_mismatch": Defect("Rows with an amount and a volume of different sign.", "P02", _ROWS, 10, _sign_mismatch),
    "doubled_delivery": Defect(
        "All volumes and amounts twice.",
        "D05",
        sized("the smallest uitvoerder", "the whole file", "the whole file"),
        11,
        _doubled_delivery,
    ),
    "half_delivery": Defect(
        "Every second row of each care month left out.",
        "D08",
        sized("the smallest uitvoerder", "the whole file", "three of four rows of the whole file"),
        12,
        _half_delivery,
    ),
    "negative_increment": Defect(
        "Months of lag 5 to 10 corrected down by 30 %.",
        "V02",
        SERIES_SIZES,
        17,
        _negative_increment,
        needed=sized(1, 1, 1),
    ),
    "late_change": Defect(
        "Months of lag 13 and older raised by 20 %.", "L08", SERIES_SIZES, 18, _late_change, needed=sized(1, 1, 1)
    ),
    "sudden_level": Defect(
        "Volume and amount of the last two care months far above what they were.",
        "V03-level",
        {size: f"{words}, times {LEVEL_RATIO[size]:g}" for size, words in SERIES_SIZES.items()},
        19,
        _sudden_level,
    ),
}
