"""Rules on money that is not claimed: kader and transfers (K01), pgb stands (G01, G02), agreements (A01).

Codes are judged by D02, control totals of other columns by V07. Nothing here is compared with claims.
"""

from decimal import Decimal, InvalidOperation
from typing import Any

import polars as pl

from expectations.judging.delivery_view import CROSSWALK_COLUMNS, BudgetView, code_of_region, holds_on
from expectations.judging.finding import keep_largest, one_each
from expectations.judging.results import REFUSED, USED
from expectations.judging.rule import NO_FINDINGS, Rule
from wlz.pgb.pgb import build_pgb_stands

PARTS = {"zin": "zin_budget_eur", "pgb": "pgb_budget_eur"}
JUDGED_STANDS = (
    12  # months up to the latest stand: a wrong stand is told until it leaves the delivery or the year is past
)
JANUARY = 1
REGION = ["zorgkantoorregio", "wlz_uitvoerder"]
_EURO = pl.Float64


def measure_budgets(view: BudgetView) -> pl.DataFrame:
    """The kader against the national totals of its control file; transfers against the part of the kader they leave.

    Kader: zin and pgb of all rows beside the total stated of each, within ``control_total_tolerance_eur``; the euro is
    the difference. Transfers: what leaves zin or pgb of a zorgkantoor in a budget year, added up, beside the newest
    stand of that part (of its region, where the code has closed since); the euro is what lies above it. A year the
    kader does not know yet is passed over. A transfer of 0 or less is told with what it says.
    """
    return _control_findings(view) if view.kind == "kader" else _transfer_findings(view)


def _control_findings(view: BudgetView) -> pl.DataFrame:
    stated = {part: view.control[part] for part in PARTS if part in view.control} if view.control else {}
    if not stated:
        return keep_largest(pl.DataFrame(), "no_control")
    tolerance = Decimal(str(view.assumptions["control_total_tolerance_eur"]))
    rows: list[dict[str, Any]] = []
    for part, total in stated.items():
        found = Decimal(str(view.rows[PARTS[part]].sum()))
        years = view.rows.group_by("budget_year").agg(pl.col(PARTS[part]).sum()).sort("budget_year")
        by_year = [{"year": year, "eur": float(euro)} for year, euro in years.iter_rows()]
        row = {"part": part, "total": str(found), "years": by_year, "stated": repr(total), "difference": None}
        try:
            difference = found - Decimal(str(total))
        except InvalidOperation:
            difference = Decimal("NaN")
        if not difference.is_finite():
            rows.append({**row, "wording": "adds_up no_amount", "at_stake_eur": None})
        elif abs(difference) > tolerance:
            euro = float(abs(difference))
            rows.append({**row, "wording": "adds_up differs", "difference": str(difference), "at_stake_eur": euro})
    findings = pl.DataFrame(rows, schema_overrides={"at_stake_eur": _EURO, "difference": pl.String} if rows else None)
    both = len(stated) == len(PARTS)
    clean = "equal_both" if both else "equal_one"
    return keep_largest(findings.with_columns(one_each()) if rows else findings, clean, part=next(iter(stated)))


def _transfer_findings(view: BudgetView) -> pl.DataFrame:
    if view.kader is None:
        return keep_largest(pl.DataFrame(), "no_kader")
    rooms = _latest_kader(view.kader).unpivot(
        list(PARTS.values()), index=["budget_year", "zorgkantoor_code"], variable_name="column", value_name="room"
    )
    rooms = rooms.select(
        "budget_year",
        pl.col("zorgkantoor_code").alias("from_zorgkantoor_code"),
        pl.col("column").replace_strict({column: part for part, column in PARTS.items()}).alias("from_part"),
        pl.col("room").cast(_EURO),
    )
    key = ["budget_year", "from_zorgkantoor_code", "from_part"]
    leaving = (
        view.rows.group_by(key)
        .agg(pl.col("amount_eur").sum().cast(_EURO).alias("leaving"))
        .filter(pl.col("budget_year").is_in(rooms["budget_year"].unique().implode()))
        .join(rooms, on=key, how="left")
        .join(_rooms_of_regions(rooms, view), on=key, how="left")
        # A zorgkantoor outside the kader of its year has no part to leave; one that closed since, that of its region.
        .with_columns(pl.coalesce("room", "room_of_region").fill_null(0.0).alias("room"))
        .with_columns((pl.col("leaving") - pl.col("room")).alias("at_stake_eur"))
    )
    found = leaving.filter(pl.col("at_stake_eur") > view.assumptions["control_total_tolerance_eur"])
    turned = (
        view.rows.filter(pl.col("amount_eur") <= 0)
        .group_by(key)
        .agg(pl.col("amount_eur").sum().cast(_EURO).alias("leaving"))
    )
    back = turned.with_columns(room=pl.lit(0.0), at_stake_eur=-pl.col("leaving"), wording=pl.lit("turned"))
    found = pl.concat([found.with_columns(wording=pl.lit("leaves")).select(back.columns), back])
    placed = _place(found, view, "from_zorgkantoor_code", pl.date(pl.col("budget_year"), 1, 1))
    findings = placed.select(
        "wlz_uitvoerder",
        pl.col("from_zorgkantoor_code").alias("zorgkantoor_code"),
        one_each(),
        "at_stake_eur",
        "wording",
        pl.col("from_part").alias("part"),
        "budget_year",
        pl.col("leaving").alias("leaving_eur"),
        pl.col("room").alias("room_eur"),
    )
    return keep_largest(findings, transfers_count=view.rows.height)


def _rooms_of_regions(rooms: pl.DataFrame, view: BudgetView) -> pl.DataFrame:
    """Per code of a region that has any room: that of the whole region, `room_of_region`.

    A stand of today tells a closed zorgkantoor, also its past years, under the code its region went on with.
    """
    codes = view.crosswalk.select(
        pl.col("zorgkantoor_code").alias("from_zorgkantoor_code"), "zorgkantoorregio"
    ).unique()
    of_region = ["budget_year", "from_part", "zorgkantoorregio"]
    placed = rooms.join(codes, on="from_zorgkantoor_code").group_by(of_region)
    return (
        placed.agg(pl.col("room").sum().alias("room_of_region"))
        .join(codes, on="zorgkantoorregio")
        .drop("zorgkantoorregio")
    )


def measure_falling_stands(view: BudgetView) -> pl.DataFrame:
    """Pgb stands that fall from one month to the next, and months with the stands of the month before in all regions.

    Per zorgkantoorregio, in the twelve months up to the latest stand. A fall is more than ``pgb_fall_ratio``; January
    is passed over, because the stand of a year begins below the December before. The euro of a fall is the fall; that
    of a repeated month is what all regions together added in that month of the year before, in proportion to their
    stands before it (none: not known).
    """
    steps = _steps(view)
    judged = steps.filter(pl.col("month").dt.month() != JANUARY).filter(
        pl.col("month").is_in(steps["month"].unique().sort().tail(JUDGED_STANDS).implode())
    )
    repeated = (
        judged.group_by("month")
        .agg(
            (pl.col("stand") == pl.col("before")).all().alias("is_repeated"),
            pl.len().alias("regions"),
            pl.col("before").sum().alias("stands_before"),
        )
        .filter("is_repeated")
        .sort("month")
    )
    year_ago = steps.group_by(pl.col("month").dt.offset_by("1y")).agg(pl.col("rise", "before").sum())
    usual = pl.when(pl.col("before") > 0).then(pl.col("rise") * pl.col("stands_before") / pl.col("before"))
    repeats = repeated.join(year_ago, on="month", how="left").select(
        one_each(),
        usual.alias("at_stake_eur"),
        pl.lit("repeated").alias("wording"),
        "month",
        pl.col("regions").alias("regions_count"),
    )
    falls = judged.filter(pl.col("change_ratio") < -view.assumptions["pgb_fall_ratio"])
    findings = pl.concat([repeats, _stand_findings(view, falls, "before", "fall")], how="diagonal_relaxed")
    return keep_largest(findings, **_judged_stands(judged))


def measure_lost_stands(view: BudgetView) -> pl.DataFrame:
    """Pgb stands that fall to 0, or by more than ``pgb_fall_block_ratio``, from one month to the next; January too.

    Per zorgkantoorregio, in the twelve months up to the latest stand. The euro is the fall.
    """
    steps = _steps(view)
    judged = steps.filter(pl.col("month").is_in(steps["month"].unique().sort().tail(JUDGED_STANDS).implode()))
    falls = judged.filter(pl.col("change_ratio") < -view.assumptions["pgb_fall_block_ratio"])
    return keep_largest(_stand_findings(view, falls, "before", "fall"), **_judged_stands(judged))


def measure_jumping_stands(view: BudgetView) -> pl.DataFrame:
    """Pgb stands above what the earlier months of their year lead to.

    Per zorgkantoorregio and month from February on, in the year of the latest stand: the stand of the month before
    plus the mean monthly change of the year so far (February: the stand of January). A stand more than
    ``pgb_jump_ratio`` above it is a finding; below it is check G01. The euro is the rise since the month before.
    """
    steps = _steps(view)
    latest = steps["month"].max()
    year = steps.filter(pl.col("month").dt.year() == getattr(latest, "year", 0))
    earlier = pl.col("rise").shift(1)
    led_to = (
        year.filter(pl.col("month").dt.month() > JANUARY)
        .sort(*REGION, "month")
        .with_columns((earlier.cum_sum() / earlier.cum_count()).over(REGION).fill_null(0.0).alias("mean_rise"))
        .with_columns((pl.col("before") + pl.col("mean_rise")).alias("led_to"))
    )
    found = led_to.filter(pl.col("stand") > (1 + view.assumptions["pgb_jump_ratio"]) * pl.col("led_to"))
    return keep_largest(_stand_findings(view, found, "led_to", "jump"), **_judged_stands(led_to))


def _steps(view: BudgetView) -> pl.DataFrame:
    """Stands per region and month beside the month before: stand, before, rise, change_ratio; first months left out."""
    placed = _place(view.rows, view, "zorgkantoor_code", pl.col("reference_date"), keep_unknown=False)
    stands = build_pgb_stands(placed).with_columns(pl.col("granted_eur").cast(_EURO).alias("stand"))
    known = stands.filter(pl.col("stand").is_not_null())
    before = known.select(
        "zorgkantoorregio", pl.col("month").dt.offset_by("1mo").alias("month"), pl.col("stand").alias("before")
    )
    return known.join(before, on=["zorgkantoorregio", "month"]).select(
        *REGION,
        "month",
        "stand",
        "before",
        (pl.col("stand") - pl.col("before")).alias("rise"),
        pl.when(pl.col("before") > 0).then(pl.col("stand") / pl.col("before") - 1).alias("change_ratio"),
    )


def _stand_findings(view: BudgetView, stands: pl.DataFrame, beside: str, wording: str) -> pl.DataFrame:
    return stands.join(code_of_region(view.crosswalk), on="zorgkantoorregio", how="left").select(
        "wlz_uitvoerder",
        "zorgkantoor_code",
        one_each(),
        pl.col("rise").abs().alias("at_stake_eur"),
        pl.lit(wording).alias("wording"),
        "zorgkantoorregio",
        "month",
        pl.col("stand").alias("stand_eur"),
        pl.col(beside).alias("beside_eur"),
        (pl.col("stand") / pl.col(beside) - 1).alias("change_ratio"),
    )


def measure_agreements(view: BudgetView) -> pl.DataFrame:
    """Agreements of a zorgkantoorregio above its zin kader (contracteerruimte) of the year.

    Added up over providers; of an agreement that was changed within the year the latest one counts. The euro is what
    lies above the kader. A year or region without a kader is passed over.
    """
    if view.kader is None:
        return keep_largest(pl.DataFrame(), "no_kader")
    first_day = pl.date(pl.col("year"), 1, 1)
    latest = view.rows.sort("valid_from").unique(
        ["year", "zorgkantoor_code", "agb_code", "agreement_kind"], keep="last", maintain_order=True
    )
    agreed = _by_region(_place(latest, view, "zorgkantoor_code", first_day), "agreed_revenue_eur")
    kader = _latest_kader(view.kader).rename({"budget_year": "year"})
    room = _by_region(_place(kader, view, "zorgkantoor_code", first_day), "zin_budget_eur")
    beside = agreed.join(room, on=[*REGION, "year"])
    found = beside.filter(pl.col("agreed_revenue_eur") > pl.col("zin_budget_eur"))
    agreed_eur, kader_eur = (
        pl.col("agreed_revenue_eur").alias("agreed_eur"),
        pl.col("zin_budget_eur").alias("kader_eur"),
    )
    findings = found.join(code_of_region(view.crosswalk), on="zorgkantoorregio", how="left").select(
        "wlz_uitvoerder",
        "zorgkantoor_code",
        one_each(),
        (pl.col("agreed_revenue_eur") - pl.col("zin_budget_eur")).alias("at_stake_eur"),
        "zorgkantoorregio",
        "year",
        agreed_eur,
        kader_eur,
        (pl.col("agreed_revenue_eur") / pl.col("zin_budget_eur") - 1).alias("above_ratio"),
    )
    return keep_largest(findings, regions_count=beside.height)


def _by_region(placed: pl.DataFrame, amount: str) -> pl.DataFrame:
    known = placed.filter(pl.col("zorgkantoorregio").is_not_null())
    return known.group_by(*REGION, "year").agg(pl.col(amount).sum().cast(_EURO))


def _latest_kader(kader: pl.DataFrame) -> pl.DataFrame:
    """The newest stand of every zorgkantoor and budget year."""
    order = ["stand_date", "delivery_date"]
    return kader.sort(order).unique(["zorgkantoor_code", "budget_year"], keep="last", maintain_order=True)


def _place(
    frame: pl.DataFrame, view: BudgetView, code: str, day: pl.Expr, *, keep_unknown: bool = True
) -> pl.DataFrame:
    """The rows with zorgkantoorregio and wlz_uitvoerder of a code that holds on a day; empty where none does (D02)."""
    on_day = frame.with_columns(pl.max_horizontal(day, pl.lit(view.crosswalk["valid_from"].min())).alias("placed_on"))
    key = [code, "placed_on"]
    places = (
        on_day.select(key)
        .unique()
        .join(view.crosswalk.select(CROSSWALK_COLUMNS), left_on=code, right_on="zorgkantoor_code")
        .filter(holds_on(pl.col("placed_on")))
        .join(view.regions.select(REGION), on="zorgkantoorregio")
        .select(*key, *REGION)
    )
    return on_day.join(places, on=key, how="left" if keep_unknown else "inner").drop("placed_on")


def _judged_stands(stands: pl.DataFrame) -> dict[str, Any]:
    """What is said of stands without a finding: how many, and of which months."""
    first, last = stands["month"].min(), stands["month"].max()
    clean = "no_month" if stands.is_empty() else "clean"
    return {"clean": clean, "stands_count": stands.height, "first_month": first, "last_month": last}


_ASK = "ask the Wlz-uitvoerder"
RULES = (
    Rule(
        check_id="K01",
        title="kader does not add up",
        why="The kader is what every expectation is held against: an amount missing in it is a shortage that is not.",
        kinds=("kader", "overhevelingen"),
        severity="block",
        metrics=measure_budgets,
        expectation=NO_FINDINGS,
        expected="regions that add up to the national total, and transfers within the part of the kader they leave",
        cause="a region that is missing or entered twice, or a mistyped amount",
        action=REFUSED,
        next_step="compare with the beleidsregel budgettair kader Wlz and deliver again",
    ),
    Rule(
        check_id="G01",
        title="pgb stand falls or repeats",
        why="Grants of a year add up, so a stand does not fall; one that repeats itself was not renewed.",
        kinds=("pgb_verleningen",),
        severity="warn",
        metrics=measure_falling_stands,
        expectation=NO_FINDINGS,
        expected="stands that change every month and fall by no more than pgb_fall_ratio outside January",
        cause="an old stand under a new date, or grants of part of the year",
        action=f"{USED}; the stands are forecast from as they are",
        next_step=f"{_ASK} for the right stand, or what was withdrawn",
    ),
    Rule(
        check_id="G03",
        title="pgb stand that cannot be",
        why="Grants add up: a stand that loses a fifth or all of it in a month was not delivered whole.",
        kinds=("pgb_verleningen",),
        severity="block",
        metrics=measure_lost_stands,
        expectation=NO_FINDINGS,
        expected="stands at most pgb_fall_block_ratio below those of the month before",
        cause="a part of the grants, another year, or an amount in another scale",
        action=REFUSED,
        next_step=f"{_ASK} for the right stand; accept the check when grants were really withdrawn",
    ),
    Rule(
        check_id="G02",
        title="pgb deviation unexplained",
        why="A stand far above its year stays in the forecast of December; the protocol of 2015 asks to explain it.",
        kinds=("pgb_verleningen",),
        severity="warn",
        metrics=measure_jumping_stands,
        expectation=NO_FINDINGS,
        expected="stands within pgb_jump_ratio of what the earlier months of the year lead to",
        cause="reserveringen or another year counted in, or a policy that changed",
        action=f"{USED}; the stands are forecast from as they are",
        next_step=f"{_ASK} for an explanation",
    ),
    Rule(
        check_id="A01",
        title="agreements exceed the room",
        why="What is agreed above the room cannot all be paid; production then has to stay below the agreements.",
        kinds=("afspraken",),
        severity="info",
        metrics=measure_agreements,
        expectation=NO_FINDINGS,
        expected="agreements of a region within its zin kader",
        cause="agreements made ahead of the kader or of a transfer",
        action=f"{USED}; for the contracteerruimtetoets",
        next_step="nothing before the toets, which cuts agreements above the room",
    ),
)
