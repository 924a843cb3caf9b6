"""A year or month that a delivery tells for the first time, beside those before it and what was agreed of it (D16).

What a delivery tells again, columns that changed as a whole and parts that are missing are judged in
``changed_columns.py`` and ``whole.py``: what those refuse is left to them. Kader and pgb have rules of their own.
"""

from typing import Any

import polars as pl

from expectations.changed_columns import (
    measure_changed_columns,
    measure_restated,
    measure_single_rows,
)
from expectations.judging.beside import WEIGHT, add_up, number_columns, series_columns, told_before, told_now
from expectations.judging.delivery_view import BudgetView
from expectations.judging.finding import keep_largest, one_each
from expectations.judging.results import USED
from expectations.judging.rule import NO_FINDINGS, Escalation, Rule, has_money
from expectations.whole import measure_whole
from warehouse.tables.deliveries import (
    BELEIDSREGELWAARDEN,
    HERSCHIKKING,
    HULPMIDDELEN,
    INDICATIES,
    NACALCULATIE,
)
from wlz.words.months import MONTHS_PER_YEAR

# Kinds that figures rest on; those that only checks look at have no level worth a warning.
OF_A_YEAR = (NACALCULATIE.name, HERSCHIKKING.name, BELEIDSREGELWAARDEN.name)
OF_A_MONTH = (HULPMIDDELEN.name, INDICATIES.name)
PART_COLUMNS = {HULPMIDDELEN.name: "aid_kind", INDICATIES.name: "sector"}
CRISIS, MEERZORG, OTHER = "crisis", "meerzorg", "other"  # parts with words of their own
PART, WHEN, LEVEL = "part", "when", "level"
USUAL_MONTHS, FEWEST_MONTHS = 12, 3
ROBUST, MOST, ALL, HALF_A_CENT = 1.4826, 0.5, 0.999, 0.005
AGAIN, MOST_FALL = "again", -0.95  # the growth from a year that fell further is that of a twentieth
REFUSES = 1.0  # as a share of the period: a finding that refuses whatever its euro


def measure_new_periods(view: BudgetView) -> pl.DataFrame:
    """Years and months told for the first time, out of line with what they stand beside; roles of those told again.

    Per role of its prestaties (crisis beds, meerzorg, the others), kind of aid or sector: euro, and volume of a role,
    beside what was agreed of the year (nacalculatie), else the year before, or the median of the twelve months before;
    roles of a year told again beside the delivery before. Out of line is further than ``new_period_warn_ratio``
    (months: and 3.5 robust deviations); of a role in one region, where the nation is in line, further than
    ``new_period_block_ratio``. Beyond that ratio, and with more than ``set_apart_ratio`` of the euro of the period, it
    is refused. Of tariffs: columns in which more than ``set_apart_group_ratio`` of them changed by more than the first
    ratio (refused: good claims would be held against them). Also the rows of another year under this one (refused), and
    years passed over (refused where a delivery tells its past again). The euro of a role is what its item moves, which
    grows by the difference once more; of a month the difference, also in the months of its year still to come. What
    D10, D11, D12 or D14 refuse is left to them. Without a delivery before nothing is found.
    """
    if view.before is None or view.before.is_empty() or view.used_rows.is_empty() or _is_refused(view):
        return keep_largest(pl.DataFrame())
    now, before = (_by_period(view, view.once(told)) for told in (told_now, told_before))
    new = now.filter(pl.col(WHEN) > before[WHEN].max())[WHEN].unique().sort().to_list()
    known = pl.concat([now, before.join(now, on=WHEN, how="anti").select(now.columns)])
    if view.kind in OF_A_MONTH:
        found = _months_out_of_line(view, known, new) if new else []
    else:
        found = _told_again(view, now, before)
        found += _skipped(view, known, before, new)
        for year in new:
            same = _same_rows(view, known, year)
            found += same or (_year(view, known, year) if has_money(view.table) else _tariffs(view, known, year))
    if not found:
        return keep_largest(pl.DataFrame())
    floats = dict.fromkeys(("at_stake_eur", "change_ratio", "of_period_ratio"), pl.Float64)
    rows = pl.DataFrame(found, schema_overrides=floats, infer_schema_length=None)
    return keep_largest(rows.with_columns(one_each()))


def _is_refused(view: BudgetView) -> bool:
    if any(_has_found(view.once(measure)) for measure in (measure_changed_columns, measure_single_rows, measure_whole)):
        return True
    restated = view.once(measure_restated)
    return _has_found(restated) and float(restated["restated_ratio"].sum()) > view.assumptions["restated_block_ratio"]


def _has_found(metrics: pl.DataFrame) -> bool:
    return bool(metrics["findings_count"].sum())


def _by_period(view: BudgetView, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of ``add_up`` with their year or month as one number, and the part they are of."""
    names = view.table.key
    when = "year" if "year" in names else "month"
    number = pl.col(when).cast(pl.Int64) if when == "year" else _month_number(when)
    if "prestatiecode" in names and has_money(view.table):
        role = {CRISIS: "is_crisis", MEERZORG: "is_meerzorg"}
        codes = {name: view.prestaties.filter(flag)["prestatiecode"].implode() for name, flag in role.items()}
        part = pl.lit(OTHER)
        for name, of_role in codes.items():
            part = pl.when(pl.col("prestatiecode").is_in(of_role)).then(pl.lit(name)).otherwise(part)
    else:
        part = pl.col(PART_COLUMNS[view.kind]) if view.kind in PART_COLUMNS else pl.lit("")
    return rows.with_columns(number.alias(WHEN), part.alias(PART))


def _month_number(column: str) -> pl.Expr:
    return pl.col(column).dt.year().cast(pl.Int64) * MONTHS_PER_YEAR + pl.col(column).dt.month() - 1


def _finding(wording: str, euro: float | None, of_period: float, **figures: Any) -> dict[str, Any]:
    return {"wording": wording, "at_stake_eur": euro, "of_period_ratio": of_period, **figures}


def _skipped(view: BudgetView, known: pl.DataFrame, before: pl.DataFrame, new: list[int]) -> list[dict[str, Any]]:
    """Years between two that nobody told; refused where a delivery tells its past again."""
    if not new:
        return []
    last = int(before[WHEN].max())  # type: ignore[arg-type]
    if len(new) == new[-1] - last:
        return []
    tells_again = view.used_rows["year"].n_unique() > 1
    euro = float(known.filter(pl.col(WHEN).is_in(new))[WEIGHT].sum()) if has_money(view.table) else None
    return [_finding("skipped", euro, REFUSES if tells_again else 0.0, year=new[-1], before=last)]


def _same_rows(view: BudgetView, known: pl.DataFrame, newest: int) -> list[dict[str, Any]]:
    """The newest year with the very numbers of another one, in most of what both tell."""
    keys, numbers = series_columns(view.table), [one.name for one in number_columns(view.table)]
    latest = known.filter(pl.col(WHEN) == newest)
    for year in sorted({*known[WHEN].to_list()} - {newest}, reverse=True):
        other = known.filter(pl.col(WHEN) == year).select(
            *keys, *(pl.col(one).alias(f"{one}_other") for one in numbers)
        )
        both = latest.join(other, on=keys, how="left")
        equal = pl.all_horizontal((pl.col(one) - pl.col(f"{one}_other")).abs() < HALF_A_CENT for one in numbers)
        same = both.filter(equal.fill_null(False))
        if latest.height > 1 and float(same[WEIGHT].sum()) > MOST * float(latest[WEIGHT].sum()) > 0:
            euro = float(same[WEIGHT].sum()) if has_money(view.table) else None
            return [_finding("same", euro, REFUSES, year=newest, before=year)]
    return []


def _year(view: BudgetView, known: pl.DataFrame, year: int) -> list[dict[str, Any]]:
    """Roles of a new year out of line: of the nation, and of one region where the nation is in line."""
    latest, beside = known.filter(pl.col(WHEN) == year), _beside(view, known, year)
    agreed = set(beside.filter("is_agreed")[PART].to_list())
    return _roles(view, latest, beside, year, dict.fromkeys(agreed, "agreed"))


def _told_again(view: BudgetView, now: pl.DataFrame, before: pl.DataFrame) -> list[dict[str, Any]]:
    """Roles of years told before that are told otherwise: of the whole they may be too little for D11 and D12."""
    if not has_money(view.table):
        return []
    found: list[dict[str, Any]] = []
    for year in before.join(now, on=WHEN, how="semi")[WHEN].unique().sort():
        told, earlier = (rows.filter(pl.col(WHEN) == year) for rows in (now, before))
        parts = _roles(view, told, earlier, year, dict.fromkeys((CRISIS, MEERZORG), AGAIN))
        found += [one for one in parts if one["part"] != OTHER]
    return found


def _roles(
    view: BudgetView, latest: pl.DataFrame, beside: pl.DataFrame, year: int, wordings: dict[str, str]
) -> list[dict[str, Any]]:
    """Roles of a year beside what was told or agreed of it, or the year before where ``wordings`` says nothing else."""
    found: list[dict[str, Any]] = []
    if beside.is_empty():
        return found
    total = float(latest[WEIGHT].sum())
    for level, by, limit in [
        *((level, [PART], "new_period_warn_ratio") for level in _levels(view)),
        (WEIGHT, [PART, "zorgkantoor_code"], "new_period_block_ratio"),
    ]:
        done = {one["part"] for one in found if len(by) == 1 or one["place"] is None}
        for row in _compare(latest, beside, level, by).iter_rows(named=True):
            change = row["told"] / row["usual"] - 1 if row["usual"] else None
            is_told = row[PART] in done or (row[PART] == OTHER and len(by) > 1)
            if is_told or (change is not None and abs(change) <= view.assumptions[limit]):
                continue
            figures = {"part": row[PART], "place": row.get("zorgkantoor_code"), "year": year}
            found.append(_out_of_line(view, wordings.get(row[PART], "year"), row["euro"], change, total, **figures))
    return found


def _beside(view: BudgetView, known: pl.DataFrame, year: int) -> pl.DataFrame:
    """What was agreed of a year that is settled; of roles without an agreement, and of agreements, the year before."""
    earlier = known.filter(pl.col(WHEN) < year)
    last = earlier.filter(pl.col(WHEN) == pl.col(WHEN).max()).with_columns(is_agreed=pl.lit(False))
    if view.kind != NACALCULATIE.name or view.agreed is None:
        return last
    rows = view.agreed.filter(pl.col("year") == year).select(view.used_rows.columns)
    agreed = _by_period(view, add_up(view, rows)).with_columns(is_agreed=pl.lit(True)).select(last.columns)
    return pl.concat([agreed, last.join(agreed, on=PART, how="anti")])


def _levels(view: BudgetView) -> list[str]:
    return [WEIGHT, *(one.name for one in number_columns(view.table) if one.unit == "volume")]


def _compare(latest: pl.DataFrame, beside: pl.DataFrame, level: str, by: list[str]) -> pl.DataFrame:
    """Per part what is told, what it stands beside, and the euro the difference is about; volumes of a role only.

    The euro of a volume is that of its part, in proportion.
    """
    of_role = pl.col(PART) != OTHER if level != WEIGHT else pl.lit(True)
    told, usual = (
        rows.filter(of_role)
        .group_by(by)
        .agg(pl.col(level).sum().alias(name), pl.col(WEIGHT).sum().alias(f"{name}_eur"))
        for rows, name in ((latest, "told"), (beside, "usual"))
    )
    both = told.join(usual, on=by, how="full", coalesce=True).with_columns(pl.col(pl.Float64).fill_null(0.0))
    share = pl.when(pl.col("usual") > 0).then((pl.col("told") / pl.col("usual") - 1) * pl.col("usual_eur"))
    euro = (
        pl.when(pl.lit(level == WEIGHT))
        .then(pl.col("told") - pl.col("usual"))
        .otherwise(share.fill_null(pl.col("told_eur")))
    )
    return both.select(*by, "told", "usual", euro.alias("euro")).sort(by)


def _out_of_line(
    view: BudgetView, wording: str, euro: float, change: float | None, total: float, **figures: Any
) -> dict[str, Any]:
    """A finding of a part: refused beyond the second ratio where its euro is a share of the period that counts.

    A part that was never told before has no ``change``, and refuses nothing.
    """
    is_role = figures["part"] in (CRISIS, MEERZORG)
    is_far = change is not None and abs(change) > view.assumptions["new_period_block_ratio"]
    grows = 2 + (change or 0.0) if is_role else 1.0
    if wording == AGAIN:  # a lower year before makes the growth from it as much larger
        grows = max(grows, 1 / (1 + max(change or 0.0, MOST_FALL)))
    words = [
        *(["place"] if figures.get("place") else []),
        figures["part"] if is_role or figures["part"] == OTHER else "part",
        "new" if change is None else wording,
        *(["missing"] if change is not None and change < -ALL else []),
    ]
    of_period = abs(euro) / total if is_far and total else 0.0
    return _finding(" ".join(words), abs(euro) * grows, of_period, change_ratio=change, **figures)


def _months_out_of_line(view: BudgetView, known: pl.DataFrame, new: list[int]) -> list[dict[str, Any]]:
    """Parts of the new months beside the median of the twelve before them."""
    column = WEIGHT if has_money(view.table) else number_columns(view.table)[0].name
    sums = known.group_by(PART, WHEN).agg(pl.col(column).sum().cast(pl.Float64).alias(LEVEL))
    is_earlier = (pl.col(WHEN) < new[0]) & (pl.col(WHEN) >= new[0] - USUAL_MONTHS)
    level = pl.col(LEVEL)
    usual = sums.filter(is_earlier).group_by(PART).agg(
        level.median().alias("usual"), ((level - level.median()).abs().median() * ROBUST).alias("spread"), pl.len()
    ).filter(pl.col("len") >= FEWEST_MONTHS, pl.col("usual") > 0)  # fmt: skip
    grid = usual.join(pl.DataFrame({WHEN: new}, schema={WHEN: pl.Int64}), how="cross")
    found = []
    for row in grid.join(sums, on=[PART, WHEN], how="left").sort(PART, WHEN).iter_rows(named=True):
        now, ratio = row[LEVEL] or 0.0, (row[LEVEL] or 0.0) / row["usual"] - 1
        wide = view.assumptions["price_outlier_robust_sd"] * row["spread"] / row["usual"]
        if abs(ratio) > max(view.assumptions["new_period_warn_ratio"], wide):
            year, month = row[WHEN] // MONTHS_PER_YEAR, row[WHEN] % MONTHS_PER_YEAR + 1
            total = float(sums.filter(pl.col(WHEN) == row[WHEN])[LEVEL].sum())
            one = _out_of_line(view, "month", now - row["usual"], ratio, total, part=row[PART])
            euro = one["at_stake_eur"] * (1 + MONTHS_PER_YEAR - month) if has_money(view.table) else None
            found.append({**one, "at_stake_eur": euro, "month_told": f"{year}-{month:02}"})
    return found


def _tariffs(view: BudgetView, known: pl.DataFrame, newest: int) -> list[dict[str, Any]]:
    """Columns of tariffs of the newest year beside the year before."""
    latest, last = known.filter(pl.col(WHEN) == newest), _beside(view, known, newest)
    keys, found = series_columns(view.table), []
    for column in number_columns(view.table):
        name = column.name
        both = latest.join(last.select(*keys, pl.col(name).alias("usual")), on=keys).filter(pl.col("usual") != 0)
        change = (both[name] / both["usual"] - 1).abs()
        if both.height < FEWEST_MONTHS:
            continue
        far = float((change > view.assumptions["new_period_warn_ratio"]).mean())  # type: ignore[arg-type]
        if far > view.assumptions["set_apart_group_ratio"]:
            middle = float((both[name] / both["usual"] - 1).median())  # type: ignore[arg-type]
            figures = {"column": column.source_name or name, "change_ratio": middle, "far_ratio": far, "year": newest}
            found.append(_finding("tariffs", None, REFUSES, **figures))
    return found


RULES = (
    Rule(
        check_id="D16",
        title="a new period out of line",
        why="What is told for the first time has no past to be held against, and a whole year may rest on it.",
        kinds=(*OF_A_YEAR, *OF_A_MONTH),
        severity="warn",
        metrics=measure_new_periods,
        expectation=NO_FINDINGS,
        expected="a new year within new_period_warn_ratio of what was agreed of it, or of the year before; a new month "
        "within that of the twelve before it",
        cause="codes that were left out, rows of another year, part of the year, or an amount in another scale",
        action=f"{USED}; the new period counts as it is told",
        next_step="ask the sender for what is missing, or why it changed so; accept the check when it is right",
        escalation=Escalation("of_period_ratio", "set_apart_ratio"),
    ),
)
