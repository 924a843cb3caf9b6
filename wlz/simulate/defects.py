"""Faults planted in the claims, each with the rows it touches and the euro at stake.

A defect is a function from the delivered claims to the claims with the fault and a list of what was done. It is planted
in the last delivery; ``DELIVERIES_TOUCHED`` names those that are planted in earlier ones. Another pace of billing is
part of the run-off (``claims.billing_shift``), so that the true completeness follows; it is only listed here. Random
choices come from the seed, so the truth can be told apart from the delivery. How a fault is found stands in the
checks, not here.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl

from wlz.simulate.claims import BILLING_DELIVERIES, Claims, claims_frame, largest_uitvoerder
from wlz.simulate.draws import Stream, stream
from wlz.simulate.inputs import (
    FIRST_DELIVERY_MONTH,
    MONEY,
    Settings,
    SimulatedFile,
    SimulationError,
    month_date,
    month_number,
)

DEFECTS: dict[str, str] = {
    "unit_error": "Claims of one provider and prestatie in hours under the code of minutes; the amount is right.",
    "missing_region": "One zorgkantoor is absent from the delivery.",
    "negative_total": "Corrections beyond what was claimed: a negative total of an uitvoerder, prestatie and month.",
    "duplicate_key": "Rows delivered twice under the same key.",
    "unknown_prestatie": "Rows under a prestatie that is in no list.",
    "unknown_unit": "Rows under a unit that is in no list.",
    "unknown_zorgkantoor": "Rows under a zorgkantoor code that does not exist.",
    "late_uitvoerder": "One uitvoerder repeats its previous delivery.",
    "missing_month": "One uitvoerder lacks an older care month.",
    "future_care_month": "Rows for care in a month after the delivery.",
    "sign_mismatch": "Rows with an amount and a volume of different sign.",
    "doubled_delivery": "All volumes and amounts twice.",
    "half_delivery": "Every second row of each care month left out.",
    "late_largest": "The largest uitvoerder repeats its previous delivery.",
    "catch_up": "The largest uitvoerder repeated itself in the delivery before the last; it is up to date again.",
    "billing_speed": "The largest uitvoerder bills much faster from the last three deliveries on.",
    "billing_slow": "The largest uitvoerder bills slower from the last three deliveries on.",
}
# Deliveries a defect is planted in, counted back from the last one; the last one where none are named.
DELIVERIES_TOUCHED: dict[str, tuple[int, ...]] = {
    "catch_up": (1,),
    "billing_speed": tuple(range(BILLING_DELIVERIES)),
    "billing_slow": tuple(range(BILLING_DELIVERIES)),
}
DELIVERIES_NEEDED = {"late_uitvoerder": 1, "late_largest": 1, "catch_up": 2}  # before the last one
DEFECT_SCHEMA = {
    "defect": pl.String(),
    "delivery_month": pl.Date(),
    "kind": pl.String(),
    "row_key": pl.String(),
    "rows_count": pl.Int64(),
    "amount_eur": MONEY,
    "description": pl.String(),
}
MINUTES_IN_HOUR = 60
ROWS_TOUCHED = 5
OLDER_LAG = 5
KEY = ("zorgkantoorcode", "agb_code", "prestatiecode", "eenheid", "zorgmaand")


@dataclass(frozen=True)
class Planted:
    """What one defect did: the key columns that select its rows, how many rows, euro at stake, in words."""

    where: dict[str, str]
    rows: int
    amount_eur: float
    words: str


Plant = Callable[[Claims, pl.DataFrame, np.random.Generator], tuple[pl.DataFrame, list[Planted]]]


def check_defects(settings: Settings) -> None:
    """Raises SimulationError when a defect repeats a delivery that the simulation does not have."""
    available = month_number(settings.until) - month_number(FIRST_DELIVERY_MONTH)
    for name, needed in DELIVERIES_NEEDED.items():
        if name in settings.defects and available < needed:
            first = month_date(month_number(FIRST_DELIVERY_MONTH) + needed)
            raise SimulationError(
                f"defect {name}: needs {needed} earlier deliveries before {settings.until:%Y-%m}, found {available}; "
                f"take until {first:%Y-%m} or later"
            )


def touched_months(settings: Settings) -> list[date]:
    """Delivery months that hold one of the asked defects, oldest first."""
    back = {number for name in settings.defects for number in DELIVERIES_TOUCHED.get(name, (0,))}
    months = [month_date(month_number(settings.until) - number) for number in sorted(back, reverse=True)]
    return [month for month in months if month >= FIRST_DELIVERY_MONTH]


def plant_defects(claims: Claims, files: list[SimulatedFile]) -> tuple[list[SimulatedFile], pl.DataFrame]:
    """The files of a delivery month with the defects of that month in the claims, and one row per thing planted.

    Defects are planted in the order of the catalogue, whatever the order asked for, so that each sees the same rows.
    """
    settings = claims.world.settings
    rows: list[dict[str, object]] = []
    done = []
    for file in files:
        if file.kind != "declaraties":
            done.append(file)
            continue
        frame = file.frame
        back = month_number(settings.until) - month_number(file.delivery_month)
        for number, name in enumerate(DEFECTS):
            if name not in settings.defects or back not in DELIVERIES_TOUCHED.get(name, (0,)):
                continue
            rng = stream(settings.seed, Stream.DEFECTS, number)
            frame, planted = _PLANTS[name](claims, frame, rng)
            rows += [_truth_row(name, file, one) for one in planted]
        done.append(SimulatedFile(file.delivery_month, file.kind, frame, file.part))
    return done, pl.DataFrame(rows, schema=DEFECT_SCHEMA)


def _truth_row(name: str, file: SimulatedFile, planted: Planted) -> dict[str, object]:
    return {
        "defect": name,
        "delivery_month": file.delivery_month,
        "kind": file.kind,
        "row_key": "; ".join(f"{column}={value}" for column, value in planted.where.items()),
        "rows_count": planted.rows,
        "amount_eur": round(planted.amount_eur, 2),
        "description": planted.words,
    }


def _matches(where: dict[str, str]) -> pl.Expr:
    return pl.all_horizontal(pl.col(column) == value for column, value in where.items())


def _euro(frame: pl.DataFrame) -> float:
    return float(frame["bedrag"].sum() or 0)


def _pick_rows(frame: pl.DataFrame, rng: np.random.Generator, month: str, count: int = ROWS_TOUCHED) -> pl.DataFrame:
    rows = frame.filter((pl.col("zorgmaand") == month) & (pl.col("aantal") > 1))
    return rows[sorted(rng.choice(rows.height, size=min(count, rows.height), replace=False).tolist())]


def _month(claims: Claims, lag: int) -> str:
    return f"{month_date(month_number(claims.world.settings.until) - lag):%Y-%m}"


def _delivery_month(frame: pl.DataFrame) -> date:
    delivered: date = frame["aanleverdatum"][0]
    return delivered.replace(day=1)


def _one_row(row: dict[str, object]) -> dict[str, str]:
    return {column: str(row[column]) for column in KEY}


def _uitvoerder_codes(claims: Claims, number: int) -> list[str]:
    world = claims.world
    return [area for area, uitvoerder in zip(world.areas, world.area_uitvoerder, strict=True) if uitvoerder == number]


def _unit_error(claims: Claims, frame: pl.DataFrame, rng: np.random.Generator) -> tuple[pl.DataFrame, list[Planted]]:
    minutes = (
        frame.filter(pl.col("eenheid") == "01").group_by("zorgkantoorcode", "agb_code", "prestatiecode").agg(pl.len())
    )
    often = minutes.filter(pl.col("len") >= 24).sort("zorgkantoorcode", "agb_code", "prestatiecode")
    where = {
        name: str(value) for name, value in often.drop("len").row(int(rng.integers(often.height)), named=True).items()
    }
    hit = _matches(where)
    rows = frame.filter(hit)
    hours = (pl.col("aantal") / MINUTES_IN_HOUR).round(2)
    changed = frame.with_columns(aantal=pl.when(hit).then(hours).otherwise(pl.col("aantal")))
    words = "volume in hours under unit 01 in every care month, so the price is 60 times too high"
    return changed, [Planted(where, rows.height, _euro(rows), words)]


def _missing_region(
    claims: Claims, frame: pl.DataFrame, rng: np.random.Generator
) -> tuple[pl.DataFrame, list[Planted]]:
    codes = frame["zorgkantoorcode"].unique().sort().to_list()
    hit = pl.col("zorgkantoorcode") == codes[int(rng.integers(len(codes)))]
    rows = frame.filter(hit)
    where = {"zorgkantoorcode": str(rows["zorgkantoorcode"][0])}
    return frame.filter(~hit), [Planted(where, rows.height, _euro(rows), "all rows of this zorgkantoor left out")]


def _negative_total(
    claims: Claims, frame: pl.DataFrame, rng: np.random.Generator
) -> tuple[pl.DataFrame, list[Planted]]:
    number = int(rng.integers(len(claims.world.uitvoerders)))
    month = _month(claims, OLDER_LAG)
    hit = pl.col("zorgkantoorcode").is_in(_uitvoerder_codes(claims, number)) & (pl.col("zorgmaand") == month)
    sums = (
        frame.filter(hit)
        .group_by("prestatiecode")
        .agg(pl.col("bedrag").cast(pl.Float64).sum())
        .sort("bedrag", "prestatiecode")
    )
    hit &= pl.col("prestatiecode") == sums["prestatiecode"][sums.height // 2]
    rows = frame.filter(hit)
    changed = frame.with_columns(
        aantal=pl.when(hit).then(-pl.col("aantal")).otherwise(pl.col("aantal")),
        bedrag=pl.when(hit).then(pl.col("bedrag") * -1).otherwise(pl.col("bedrag")).cast(MONEY),
    )
    where = {
        "wlz_uitvoerder": claims.world.uitvoerders[number],
        "prestatiecode": str(rows["prestatiecode"][0]),
        "zorgmaand": month,
    }
    return changed, [Planted(where, rows.height, -2 * _euro(rows), "volume and amount of every row turned negative")]


def _duplicate_key(claims: Claims, frame: pl.DataFrame, rng: np.random.Generator) -> tuple[pl.DataFrame, list[Planted]]:
    rows = _pick_rows(frame, rng, _month(claims, OLDER_LAG))
    planted = [Planted(_one_row(row), 1, float(row["bedrag"]), "delivered twice") for row in rows.to_dicts()]
    return pl.concat([frame, rows]), planted


def _replace_value(column: str, value: str, lag: int, words: str) -> Plant:
    """A defect that puts one value of a column in a few rows of a recent month."""

    def plant(claims: Claims, frame: pl.DataFrame, rng: np.random.Generator) -> tuple[pl.DataFrame, list[Planted]]:
        others = [name for name in KEY if name != column]  # the new value must not make two rows share a key
        rows = _pick_rows(frame.unique(others, keep="first", maintain_order=True), rng, _month(claims, lag))
        keys = rows.select(KEY).with_columns(hit=pl.lit(True))
        marked = frame.join(keys, on=list(KEY), how="left", maintain_order="left")
        new = pl.when(pl.col("hit")).then(pl.lit(value)).otherwise(pl.col(column))
        planted = [
            Planted({**_one_row(row), column: value}, 1, float(row["bedrag"]), f"{words}; was {column}={row[column]}")
            for row in rows.to_dicts()
        ]
        return marked.with_columns(new.alias(column)).drop("hit"), planted

    return plant


def _late_uitvoerder(
    claims: Claims, frame: pl.DataFrame, rng: np.random.Generator
) -> tuple[pl.DataFrame, list[Planted]]:
    return _repeat_previous(claims, frame, int(rng.integers(len(claims.world.uitvoerders))))


def _repeat_largest(
    claims: Claims, frame: pl.DataFrame, rng: np.random.Generator
) -> tuple[pl.DataFrame, list[Planted]]:
    return _repeat_previous(claims, frame, largest_uitvoerder(claims))


def _repeat_previous(claims: Claims, frame: pl.DataFrame, number: int) -> tuple[pl.DataFrame, list[Planted]]:
    mine = pl.col("zorgkantoorcode").is_in(_uitvoerder_codes(claims, number))
    previous = claims_frame(claims, month_date(month_number(_delivery_month(frame)) - 1)).filter(mine)
    previous = previous.with_columns(aanleverdatum=pl.lit(frame["aanleverdatum"][0], dtype=pl.Date))
    hidden = _euro(frame.filter(mine)) - _euro(previous)
    where = {"wlz_uitvoerder": claims.world.uitvoerders[number]}
    words = "same values as in the delivery before; the euro is what stays hidden"
    return pl.concat([frame.filter(~mine), previous]), [Planted(where, previous.height, hidden, words)]


def _missing_month(claims: Claims, frame: pl.DataFrame, rng: np.random.Generator) -> tuple[pl.DataFrame, list[Planted]]:
    number = int(rng.integers(len(claims.world.uitvoerders)))
    month = _month(claims, OLDER_LAG + 1)
    hit = pl.col("zorgkantoorcode").is_in(_uitvoerder_codes(claims, number)) & (pl.col("zorgmaand") == month)
    rows = frame.filter(hit)
    where = {"wlz_uitvoerder": claims.world.uitvoerders[number], "zorgmaand": month}
    return frame.filter(~hit), [Planted(where, rows.height, _euro(rows), "no rows for this care month")]


def _future_care_month(
    claims: Claims, frame: pl.DataFrame, rng: np.random.Generator
) -> tuple[pl.DataFrame, list[Planted]]:
    rows = _pick_rows(frame, rng, _month(claims, 1))
    future = _month(claims, -2)
    moved = rows.with_columns(zorgmaand=pl.lit(future))
    planted = [Planted(_one_row(row), 1, float(row["bedrag"]), "care after the delivery") for row in moved.to_dicts()]
    return pl.concat([frame, moved]), planted


def _sign_mismatch(claims: Claims, frame: pl.DataFrame, rng: np.random.Generator) -> tuple[pl.DataFrame, list[Planted]]:
    rows = _pick_rows(frame, rng, _month(claims, OLDER_LAG + 2))
    keys = rows.select(KEY).with_columns(hit=pl.lit(True))
    marked = frame.join(keys, on=list(KEY), how="left", maintain_order="left")
    amount = pl.when(pl.col("hit")).then(pl.col("bedrag") * -1).otherwise(pl.col("bedrag")).cast(MONEY)
    planted = [
        Planted(_one_row(row), 1, 2 * float(row["bedrag"]), "amount negative, volume positive")
        for row in rows.to_dicts()
    ]
    return marked.with_columns(bedrag=amount).drop("hit"), planted


def _doubled_delivery(
    claims: Claims, frame: pl.DataFrame, rng: np.random.Generator
) -> tuple[pl.DataFrame, list[Planted]]:
    doubled = frame.with_columns(pl.col("aantal") * 2, (pl.col("bedrag") * 2).cast(MONEY))
    words = "volume and amount of every row twice; the euro is what is counted twice"
    return doubled, [Planted(_whole_file(frame), frame.height, _euro(frame), words)]


def _half_delivery(claims: Claims, frame: pl.DataFrame, rng: np.random.Generator) -> tuple[pl.DataFrame, list[Planted]]:
    is_left_out = pl.int_range(pl.len()).over("zorgmaand") % 2 == 1
    left_out = frame.filter(is_left_out)
    words = "every second row of each care month left out; the euro is what is missing"
    return frame.filter(~is_left_out), [Planted(_whole_file(frame), left_out.height, _euro(left_out), words)]


def _whole_file(frame: pl.DataFrame) -> dict[str, str]:
    return {"aanleverdatum": str(frame["aanleverdatum"][0])}


def _billing(name: str, words: str) -> Plant:
    """Another pace of billing: in the run-off already, so the rows stay as they are and what it did is listed."""

    def plant(claims: Claims, frame: pl.DataFrame, rng: np.random.Generator) -> tuple[pl.DataFrame, list[Planted]]:
        number, month = largest_uitvoerder(claims), _delivery_month(frame)
        mine = pl.col("zorgkantoorcode").is_in(_uitvoerder_codes(claims, number))
        now, usual = (claims_frame(one, month).filter(mine) for one in (claims, _without(claims, name)))
        rows = now.join(usual, on=[*KEY, "aantal"], how="anti").height
        where = {"wlz_uitvoerder": claims.world.uitvoerders[number]}
        return frame, [Planted(where, rows, abs(_euro(now) - _euro(usual)), words)]

    return plant


def _without(claims: Claims, defect: str) -> Claims:
    """The same claims had this defect not been asked for."""
    settings = claims.world.settings
    others = replace(settings, defects=tuple(name for name in settings.defects if name != defect))
    return replace(claims, world=replace(claims.world, settings=others))


_PLANTS: dict[str, Plant] = {
    "unit_error": _unit_error,
    "missing_region": _missing_region,
    "negative_total": _negative_total,
    "duplicate_key": _duplicate_key,
    "unknown_prestatie": _replace_value("prestatiecode", "X999", 4, "prestatie in no list"),
    "unknown_unit": _replace_value("eenheid", "99", 4, "unit in no list"),
    "unknown_zorgkantoor": _replace_value("zorgkantoorcode", "5599", 4, "zorgkantoor code that does not exist"),
    "late_uitvoerder": _late_uitvoerder,
    "missing_month": _missing_month,
    "future_care_month": _future_care_month,
    "sign_mismatch": _sign_mismatch,
    "doubled_delivery": _doubled_delivery,
    "half_delivery": _half_delivery,
    "late_largest": _repeat_largest,
    "catch_up": _repeat_largest,
    "billing_speed": _billing("billing_speed", "bills faster at lags 1 to 4; the euro is what comes in earlier"),
    "billing_slow": _billing("billing_slow", "bills slower at lags 1 to 4; the euro is what comes in later"),
}
