"""Defects in other deliveries than claims, in control files, and in the columns of a file."""

from dataclasses import replace

import polars as pl

from simulation.claims import uitvoerders_by_size
from simulation.defects.planting import (
    Defect,
    Outcome,
    Planted,
    Target,
    area_codes,
    delivery_before,
    euro,
    rank_of_size,
    sized,
    whole_file,
)
from simulation.defects.timing import LAST_DELIVERIES, deliveries_since_good
from simulation.kinds import build_file, due_months
from wlz.words.vocabulary import MONEY

NA_IJL_PERCENTAGE = sized(0.20, 0.60, 1.50)  # usual is at most 0.15; above 1 the delivery is refused
KADER_EXCESS_RATIO = sized(0.001, 0.01, 0.1)
TRANSFER_EXCESS_RATIO = sized(0.01, 0.1, 1.0)
AGREED_RATIO = sized(1.02, 1.1, 1.5)
PGB_FALL_RATIO = sized(0.97, 0.92, 0.80)
PGB_JUMP_RATIO = sized(1.15, 1.25, 1.60)
PGB_STANDS_REPEATED = sized(1, 1, 3)
ROWS_MISSING = sized(1, 100, 0)
ROWS_MISSING_RATIO = sized(0.0, 0.0, 0.05)
UNKNOWN_ZORGKANTOOR = "5599"
DROPPED_COLUMN = "bedrag"


def _newest_kader(target: Target) -> pl.DataFrame:
    """Kader per zorgkantoor of the newest stand up to the last delivery, its own budget year: zin and pgb in euro."""
    month = due_months("kader", target.until)[-1]
    kader = build_file(target.claims, month, "kader").frame
    return kader.filter(pl.col("budgetjaar") == pl.col("budgetjaar").max()).with_columns(
        pl.col("zin", "pgb").cast(pl.Float64)
    )


def _change(frame: pl.DataFrame, column: str, hit: pl.Expr, value: pl.Expr) -> pl.DataFrame:
    """The frame with a money column set in the chosen rows, rounded to the cent."""
    return frame.with_columns(pl.when(hit).then(value.round(2).cast(MONEY)).otherwise(pl.col(column)).alias(column))


def _choose_region(target: Target) -> tuple[str, list[str]]:
    """A zorgkantoorregio and its codes: the one with the smallest zin kader, a drawn one, the one with the largest."""
    world = target.world
    kader = dict(_newest_kader(target).select("zorgkantoorcode", "zin").iter_rows())
    codes = {
        region: [area for area, at in zip(world.areas, world.area_region, strict=True) if at == number]
        for number, region in enumerate(world.regions)
    }
    by_size = sorted(world.regions, key=lambda region: sum(kader[code] for code in codes[region]))
    drawn = world.regions[int(target.rng.integers(len(world.regions)))]
    chosen = sized(by_size[0], drawn, by_size[-1])[target.size]
    return chosen, codes[chosen]


def _na_ijl_high(target: Target) -> Outcome:
    by_size = uitvoerders_by_size(target.claims)
    number = by_size[{"small": 0, "medium": len(by_size) // 2, "large": -1}[target.size]]
    name, percentage = target.world.uitvoerders[number], NA_IJL_PERCENTAGE[target.size]
    hit = pl.col("wlz_uitvoerder") == name
    changed = target.frame.with_columns(
        percentage=pl.when(hit).then(pl.lit(percentage)).otherwise(pl.col("percentage"))
    )
    codes = area_codes(target.world, number)
    zin = euro(_newest_kader(target).filter(pl.col("zorgkantoorcode").is_in(codes)), "zin")
    words = f"percentage {percentage:.2f} as printed; the euro is that share of the uitvoerder's zin kader"
    return target.with_frame(changed), [Planted({"wlz_uitvoerder": name}, 1, percentage / 100 * zin, words)]


def _kader_sum(target: Target) -> Outcome:
    newest = target.frame.filter(pl.col("budgetjaar") == pl.col("budgetjaar").max())
    excess = round(KADER_EXCESS_RATIO[target.size] * euro(newest, "zin"), 2)
    stated = {"rows": target.frame.height, "zin": round(euro(target.frame, "zin") + excess, 2)}
    control = {**stated, "pgb": euro(target.frame, "pgb")}
    words = "control file with a total of zin above that of the regions; the euro is the difference"
    planted = Planted(whole_file(target.frame), target.frame.height, excess, words)
    return replace(target.file, control=control), [planted]


def _transfer_unknown(target: Target) -> Outcome:
    by_size = target.frame.with_row_index("place").sort("bedrag", "place")
    count = by_size.height if target.size == "large" else 1
    chosen = by_size if target.size == "large" else by_size[rank_of_size(target.size, by_size.height)]
    hit = pl.int_range(pl.len()).is_in(chosen["place"].to_list())
    code = pl.when(hit).then(pl.lit(UNKNOWN_ZORGKANTOOR)).otherwise(pl.col("naar_zorgkantoor"))
    words = "to a zorgkantoor that does not exist; the euro is what is transferred"
    planted = Planted({"naar_zorgkantoor": UNKNOWN_ZORGKANTOOR}, count, euro(chosen), words)
    return target.with_frame(target.frame.with_columns(naar_zorgkantoor=code)), [planted]


def _transfer_too_large(target: Target) -> Outcome:
    """One transfer raised until all that leave the same part are more than the part."""
    rooms = _newest_kader(target).unpivot(
        ["zin", "pgb"], index="zorgkantoorcode", variable_name="van_deel", value_name="room"
    )
    part = ["van_zorgkantoor", "van_deel"]
    transfers = target.frame.with_columns(
        pl.col("bedrag").cast(pl.Float64), pl.int_range(pl.len()).alias("place")
    ).with_columns((pl.col("bedrag").sum().over(part) - pl.col("bedrag")).alias("others"))
    choices = transfers.join(rooms, left_on=part, right_on=["zorgkantoorcode", "van_deel"]).sort("room", "place")
    chosen = choices.row(rank_of_size(target.size, choices.height), named=True)
    excess = round(TRANSFER_EXCESS_RATIO[target.size] * chosen["room"], 2)
    hit = pl.int_range(pl.len()) == chosen["place"]
    changed = _change(target.frame, "bedrag", hit, pl.lit(chosen["room"] + excess - chosen["others"]))
    where = {name: str(chosen[name]) for name in ("datum", *part)}
    words = "with the others more than the part of the kader it leaves; the euro is what lies above that part"
    return target.with_frame(changed), [Planted(where, 1, excess, words)]


def _agreements_exceed(target: Target) -> Outcome:
    region, codes = _choose_region(target)
    hit = pl.col("zorgkantoorcode").is_in(codes)
    room = float(_newest_kader(target).filter(hit)["zin"].sum())
    agreed = euro(target.frame.filter(hit), "omzetafspraak")
    factor = max(room, agreed) * AGREED_RATIO[target.size] / agreed
    changed = _change(target.frame, "omzetafspraak", hit, pl.col("omzetafspraak").cast(pl.Float64) * factor)
    excess = euro(changed.filter(hit), "omzetafspraak") - room
    words = f"agreements {AGREED_RATIO[target.size] - 1:.0%} above; the euro is what lies above the zin kader"
    planted = Planted({"zorgkantoorregio": region}, target.frame.filter(hit).height, excess, words)
    return target.with_frame(changed), [planted]


def _stands(frame: pl.DataFrame, back: int) -> pl.DataFrame:
    """Stands of the peildatum this many before the latest, per zorgkantoor."""
    day = frame["peildatum"].unique().sort()[-1 - back]
    return frame.filter(pl.col("peildatum") == day).select("zorgkantoorcode", pl.col("verleend").alias("earlier"))


def _pgb_repeats(target: Target) -> Outcome:
    count = PGB_STANDS_REPEATED[target.size]
    days = target.frame["peildatum"].unique().sort()[-count:]
    hit = pl.col("peildatum").is_in(days.implode())
    marked = target.frame.join(_stands(target.frame, count), on="zorgkantoorcode", maintain_order="left")
    changed = _change(marked, "verleend", hit, pl.col("earlier")).select(target.frame.columns)
    latest = pl.col("peildatum") == days[-1]
    hidden = abs(euro(target.frame.filter(latest), "verleend") - euro(changed.filter(latest), "verleend"))
    where = {"peildatum": str(days[0]) if count == 1 else f"{days[0]}..{days[-1]}"}
    words = "stands of the month before in all regions; the euro is what was granted since"
    return target.with_frame(changed), [Planted(where, target.frame.filter(hit).height, hidden, words)]


def _pgb_change(target: Target, ratio: float, words: str) -> Outcome:
    """The latest stand of a region as a ratio of what it is; the euro is the change against the month before."""
    region, codes = _choose_region(target)
    day = target.frame["peildatum"].max()
    inside = pl.col("zorgkantoorcode").is_in(codes)
    hit = inside & (pl.col("peildatum") == day)
    changed = _change(target.frame, "verleend", hit, pl.col("verleend").cast(pl.Float64) * ratio)
    before = euro(_stands(target.frame, 1).filter(inside), "earlier")
    difference = abs(euro(changed.filter(hit), "verleend") - before)
    where = {"zorgkantoorregio": region, "peildatum": str(day)}
    return target.with_frame(changed), [Planted(where, target.frame.filter(hit).height, difference, words)]


def _pgb_falls(target: Target) -> Outcome:
    ratio = PGB_FALL_RATIO[target.size]
    words = f"stand {1 - ratio:.0%} lower than it is; the euro is the fall against the month before"
    return _pgb_change(target, ratio, words)


def _pgb_jump(target: Target) -> Outcome:
    ratio = PGB_JUMP_RATIO[target.size]
    words = f"stand {ratio - 1:.0%} higher than it is; the euro is the rise against the month before"
    return _pgb_change(target, ratio, words)


def _control_rows(target: Target) -> Outcome:
    frame = target.frame
    count = ROWS_MISSING[target.size] + round(ROWS_MISSING_RATIO[target.size] * frame.height)
    places = target.rng.choice(frame.height, size=min(count, frame.height - 1), replace=False)
    is_missing = pl.int_range(pl.len()).is_in(places.tolist())
    missing = frame.filter(is_missing)
    control = {"rows": frame.height, "bedrag": euro(frame)}
    words = "rows left out that the control file counts; the euro is what is missing"
    changed = replace(target.file, frame=frame.filter(~is_missing), control=control)
    return changed, [Planted(whole_file(frame), missing.height, euro(missing), words)]


def _missing_column(target: Target) -> Outcome:
    hidden = euro(target.frame) - euro(delivery_before(target, deliveries_since_good(target)))
    words = f"without the column {DROPPED_COLUMN}; the euro is what came in since the last delivery that had it"
    planted = Planted(whole_file(target.frame), target.frame.height, hidden, words)
    return target.with_frame(target.frame.drop(DROPPED_COLUMN)), [planted]


_REGION = ("the smallest region", "one region", "the largest region")
_PGB = "pgb_verleningen"
DEFECTS: dict[str, Defect] = {
    "na_ijl_high": Defect(
        "A na-ijl percentage far above the usual one.",
        "L09",
        sized(
            "0.20 at the smallest uitvoerder (a warning above 0.15)",
            "0.60 at a middling uitvoerder",
            "1.50 at the largest uitvoerder (refused above 1)",
        ),
        31,
        _na_ijl_high,
        "na_ijl",
    ),
    "kader_sum": Defect(
        "The control file of the kader has another national total of zin than its regions.",
        "K01",
        sized("0.1 % of the year", "1 % of the year", "10 % of the year"),
        32,
        _kader_sum,
        "kader",
    ),
    "transfer_unknown": Defect(
        "Transfers to a zorgkantoor that does not exist.",
        "D02",
        sized("a small transfer", "a middling transfer", "all transfers"),
        33,
        _transfer_unknown,
        "overhevelingen",
    ),
    "transfer_too_large": Defect(
        "A transfer of more than the part of the kader it leaves.",
        "K01",
        sized("1 % above a small part", "10 % above a middling part", "twice the largest part"),
        34,
        _transfer_too_large,
        "overhevelingen",
    ),
    "agreements_exceed": Defect(
        "Agreements of a region above its zin kader.",
        "A01",
        sized(f"{_REGION[0]}, 2 %", f"{_REGION[1]}, 10 %", f"{_REGION[2]}, 50 %"),
        35,
        _agreements_exceed,
        "afspraken",
    ),
    "pgb_repeats": Defect(
        "The latest pgb stands are those of the month before, in all regions.",
        "G01",
        sized("the last stand", "the last stand", "the last three stands"),
        36,
        _pgb_repeats,
        _PGB,
    ),
    "pgb_falls": Defect(
        "The latest pgb stand of a region falls.",
        "G01",
        sized(f"{_REGION[0]}, 3 %", f"{_REGION[1]}, 8 %", f"{_REGION[2]}, 20 %"),
        37,
        _pgb_falls,
        _PGB,
    ),
    "pgb_jump": Defect(
        "The latest pgb stand of a region rises out of line with the year.",
        "G02",
        sized(f"{_REGION[0]}, 15 %", f"{_REGION[1]}, 25 %", f"{_REGION[2]}, 60 %"),
        38,
        _pgb_jump,
        _PGB,
    ),
    "control_rows": Defect(
        "Rows are missing from the claims, and the control file counts them.",
        "V07",
        sized("1 row", "100 rows", "5 % of the rows"),
        39,
        _control_rows,
    ),
    "missing_column": Defect(
        "The column bedrag is missing from the claims.",
        "D01",
        sized("the last delivery", "the last delivery", "the last three deliveries"),
        41,
        _missing_column,
        touched=LAST_DELIVERIES,
        needed=sized(1, 1, 3),
    ),
}
