"""Rules on one delivered file: schema, codes, key, months in scope, signs, control totals. Not on how series behave."""

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import polars as pl

from expectations.intake.quarantine import PRICE_NOT_POSITIVE, UNKNOWN_CODE
from expectations.judging.delivery_view import DeliveryView, holds_on, valid_on
from expectations.judging.finding import ABOUT, keep_largest
from expectations.judging.results import REFUSED
from expectations.judging.rule import NO_FINDINGS, ExpectationSpec, Rule, row_amount
from warehouse.contract import Table
from warehouse.tables.deliveries import KINDS
from wlz.words.faults import Fault
from wlz.words.large_frames import as_text, schema_as_text, sum_in_parts

FIRST_CARE_MONTH = date(2015, 1, 1)  # the Wlz took effect
ALL_KINDS = tuple(KINDS)
RESEND = "mend the file and deliver it again"
LEFT_OUT = "These rows are in quarantine and in no figure; the rest of the delivery is used"
CONTROL_KIND = "kind"  # a control file may say which kind it is of
TOLD_BY_K01 = {"kader": ("zin", "pgb")}  # totals that rule judges, per budget year


def _kinds_with(*names: str) -> tuple[str, ...]:
    return tuple(kind for kind, table in KINDS.items() if set(names) <= set(table.column_names))


def _code_columns(table: Table) -> list[str]:
    return [name for name in table.column_names if name.endswith("zorgkantoor_code")]


def measure_schema(view: DeliveryView) -> pl.DataFrame:
    """One row per column, expected and delivered or only one of them, and one per fault found while parsing."""
    found = {} if view.frame is None else {name: str(dtype) for name, dtype in schema_as_text(view.frame).items()}
    expected = {name: str(dtype) for name, dtype in view.table.schema.items()} if found else {}
    rows = [
        _schema_row(expected.get(name, "no such column"), found.get(name, "missing"), column=name)
        for name in {**expected, **found}
    ]
    rows += [_fault_row(fault) for fault in view.faults]
    if not rows:
        rows.append(_schema_row("rows", "not read"))
    return pl.DataFrame(rows, schema_overrides={"at_stake_eur": pl.Float64}, infer_schema_length=None)


def _schema_row(expected: str, found: str, wording: str | None = None, **figures: object) -> dict[str, Any]:
    return {
        "wording": wording or _schema_wording(expected, found),
        "expected_type": expected,
        "found_type": found,
        "findings_count": 1,
        "at_stake_eur": None,
        **figures,
    }


def _schema_wording(expected: str, found: str) -> str:
    if found in ("missing", "not read"):
        return "missing" if found == "missing" else "not_read"
    if expected == "no such column":
        return "extra"
    return "same" if found == expected else "other_type"


def _fault_row(fault: Fault) -> dict[str, Any]:
    """A fault in the file, in its own figures; it says itself what was expected there."""
    row, column = " fault_row" if fault.row is not None else "", " fault_column" if fault.column is not None else ""
    place = {"file": fault.file, "row": fault.row, "column": fault.column}
    said = {"found": fault.found, "fault_expected": fault.expected, "cause": fault.cause}
    is_cell = fault.column is not None and (fault.row or 0) > 1  # the header is row 1
    wording = f"fault{row}{column} {'fault_cell' if is_cell else 'fault_found'}"
    return {**_schema_row(fault.expected, f"not read: {fault.found}", wording), **place, **said}


def measure_zorgkantoor_codes(view: DeliveryView) -> pl.DataFrame:
    """Codes that do not hold on the care month (claims) or on the first day of the month or year the row is about.

    Settled years before the Wlz are judged on the first day of the crosswalk.
    """
    day = pl.max_horizontal(valid_on(view.table), pl.lit(view.crosswalk["valid_from"].min()))
    rows = view.numbered_rows.lazy().with_columns(day.alias("valid_on"))
    sums = [
        pl.len().alias("rows_count"),
        row_amount(view.table).sum().alias("amount_eur"),
        pl.col("file_row").min(),
    ]
    per_code = pl.concat(
        sum_in_parts(
            rows.with_columns(pl.col(name).alias("zorgkantoor_code")),
            ["zorgkantoor_code", "valid_on"],
            [*sums, pl.lit(view.table.column(name).source_name).alias("header")],
            part_by="valid_on",
        )
        for name in _code_columns(view.table)
    )
    valid = (
        per_code.join(view.crosswalk, on="zorgkantoor_code")
        .filter(holds_on(pl.col("valid_on")))
        .select("zorgkantoor_code", "valid_on")
        .unique()
    )
    unknown = per_code.join(valid, on=["zorgkantoor_code", "valid_on"], how="anti")
    findings = unknown.group_by("zorgkantoor_code").agg(
        pl.col("rows_count").sum().cast(pl.Int64).alias("findings_count"),
        pl.col("amount_eur").sum().alias("at_stake_eur"),
        pl.col("file_row").min(),
        pl.col("header").sort_by("file_row").first(),
        pl.col("valid_on").min().dt.truncate("1mo").alias("first_month"),
        pl.col("valid_on").max().dt.truncate("1mo").alias("last_month"),
    )
    is_one = pl.col("first_month") == pl.col("last_month")
    wording = pl.when(is_one).then(pl.lit("found month")).otherwise(pl.lit("found months")).alias("wording")
    return keep_largest(findings.with_columns(wording), codes_count=per_code["zorgkantoor_code"].n_unique())


def _quarantined(view: DeliveryView, check_id: str, **codes: str | tuple[str, ...]) -> pl.DataFrame:
    """Rows set apart by this check per reason, and per code where the reason is among ``codes`` (column=wordings)."""
    if view.quarantined is None or view.quarantined.is_empty():
        return keep_largest(pl.DataFrame())
    mine = view.quarantined.filter(pl.col("check_id") == check_id)
    findings = (
        mine.with_columns(
            pl.when(pl.col("wording").is_in([reasons] if isinstance(reasons, str) else list(reasons)))
            .then(name)
            .alias(name)
            for name, reasons in codes.items()
        )
        .group_by("wording", *codes)
        .agg(
            pl.len().cast(pl.Int64).alias("findings_count"),
            row_amount(view.table).sum().alias("at_stake_eur"),
        )
    )
    return keep_largest(findings)


def measure_unknown_rows(view: DeliveryView) -> pl.DataFrame:
    """Rows in quarantine for a prestatie or unit that is not in the list, or has ended, per code."""
    found = _quarantined(view, UNKNOWN_CODE, unit_code="unit", prestatiecode=("prestatie", "ended"))
    if "prestatiecode" not in found.columns:
        return found
    ends = view.prestaties.select("prestatiecode", pl.col("valid_to").alias("ended_on"))
    named = found.with_columns(pl.col("prestatiecode").cast(pl.String))  # of no finding it has no type
    return named.join(ends, on="prestatiecode", how="left", maintain_order="left").with_columns(pack=pl.lit(view.pack))


def measure_sign_rows(view: DeliveryView) -> pl.DataFrame:
    """Rows in quarantine because amount and volume cannot both be true."""
    return _quarantined(view, PRICE_NOT_POSITIVE)


def measure_duplicate_keys(view: DeliveryView) -> pl.DataFrame:
    """Keys that occur more than once; an empty agb_code is a value of its own. At stake: all rows but the first."""
    amount = row_amount(view.table)
    doubled = as_text(view.numbered_rows.filter(view.is_repeated))
    findings = doubled.group_by(view.table.key, maintain_order=True).agg(
        (pl.len().cast(pl.Int64) - 1).alias("findings_count"),
        (amount.sum() - amount.first()).alias("at_stake_eur"),
        pl.col("file_row").sort().cast(pl.String).head(3).str.join(", ").alias("file_rows"),
    )
    key = pl.concat_list(pl.col(name).cast(pl.String) for name in view.table.key)
    about = [name for name in ABOUT if name in view.table.key]
    figures: list[str | pl.Expr] = [key.alias("key"), (pl.col("findings_count") + 1).alias("times"), "file_rows"]
    return keep_largest(
        findings.select(*about, "findings_count", "at_stake_eur", *figures), keys_count=view.rows.height
    )


def measure_care_months(view: DeliveryView) -> pl.DataFrame:
    """Care months before January 2015 or after the delivery month, with rows and euro."""
    month = pl.col("care_month")
    outside = (month < FIRST_CARE_MONTH) | (month > view.delivery_month)
    findings = (
        view.numbered_rows.filter(outside)
        .group_by("care_month")
        .agg(
            pl.len().cast(pl.Int64).alias("findings_count"),
            row_amount(view.table).sum().alias("at_stake_eur"),
            pl.col("file_row").min(),
        )
    )
    header = pl.lit(view.table.column("care_month").source_name).alias("header")
    return keep_largest(findings.with_columns(header))


def measure_delivery_dates(view: DeliveryView) -> pl.DataFrame:
    """Delivery dates outside the month of the folder: such a file is seen by other rounds than people expect."""
    outside = pl.col("delivery_date").dt.truncate("1mo") != view.delivery_month
    findings = (
        view.numbered_rows.filter(outside)
        .group_by("delivery_date")
        .agg(
            pl.len().cast(pl.Int64).alias("findings_count"),
            row_amount(view.table).sum().alias("at_stake_eur"),
            pl.col("file_row").min(),
        )
    )
    return keep_largest(findings)


def measure_control_totals(view: DeliveryView) -> pl.DataFrame:
    """Rows and totals of the control file against the delivery; ``excess`` is what lies beyond the tolerance."""
    if view.control is None:
        return pl.DataFrame([{"wording": "none", "excess": 0.0, "findings_count": 0, "at_stake_eur": 0.0}])
    tolerance = Decimal(str(view.assumptions["control_total_tolerance_eur"]))
    measured = [_compare("rows", view.control.get("rows"), Decimal(view.rows.height), Decimal(0), False)]
    columns = {column.source_name or column.name: column for column in view.table.columns}
    for header, stated in view.control.items():
        if header in TOLD_BY_K01.get(view.kind, ()):
            continue
        column = columns.get(header)
        if column is not None and column.dtype.is_numeric():
            total = Decimal(str(view.rows[column.name].sum()))
            measured.append(_compare(header, stated, total, tolerance, column.dtype.is_decimal()))
        elif header == CONTROL_KIND and stated != view.kind:
            measured.append({**_compare(header, stated, None, tolerance, False), "wording": "other_kind"})
        elif header not in ("rows", CONTROL_KIND):
            known = ", ".join(
                ["rows", CONTROL_KIND, *(name for name, one in columns.items() if one.dtype.is_numeric())]
            )
            measured.append({**_compare(header, stated, None, tolerance, False), "known": known})
    return pl.DataFrame(measured, schema_overrides={"at_stake_eur": pl.Float64}, infer_schema_length=None)


def _compare(header: str, stated: object, found: Decimal | None, tolerance: Decimal, is_money: bool) -> dict[str, Any]:
    """A stated total beside the delivered one; a total that cannot be compared is beyond any tolerance."""
    row = {
        "header": header,
        "known": None,
        "delivered": None,
        "stated": str(stated),
        "difference": None,
        "findings_count": 1,
    }
    beyond = {"excess": float("inf"), "at_stake_eur": None}
    if found is None:
        return {**row, **beyond, "wording": "no_column"}
    try:
        difference = found - Decimal(str(stated))
        excess = max(abs(difference) - tolerance, Decimal(0))
        if not excess.is_finite():
            raise InvalidOperation
    except InvalidOperation:
        return {**row, **beyond, "stated": repr(stated), "wording": "no_number"}
    at_stake = float(abs(difference)) if is_money else None
    figures = {"delivered": str(found), "difference": str(difference), "wording": "compared"}
    return {**row, **figures, "excess": float(excess), "at_stake_eur": at_stake}


RULES = (
    Rule(
        check_id="D01",
        title="schema",
        why="A column that moved or changed its type turns every number after it into another number.",
        kinds=ALL_KINDS,
        severity="block",
        metrics=measure_schema,
        expectation=ExpectationSpec(
            "ExpectColumnPairValuesToBeEqual", {"column_A": "expected_type", "column_B": "found_type"}
        ),
        expected="exactly the columns and types of the contract",
        action=REFUSED,
        next_step=RESEND,
        judges_unreadable=True,
        can_be_accepted=False,
    ),
    Rule(
        check_id="D02",
        title="zorgkantoor codes",
        why="A code outside the dated crosswalk has no region, so its money would be in no total (5522 until 2020).",
        kinds=tuple(kind for kind, table in KINDS.items() if _code_columns(table)),
        severity="block",
        metrics=measure_zorgkantoor_codes,
        expectation=NO_FINDINGS,
        expected="codes of the crosswalk that hold in the month or year of the row",
        cause="a typing error, or a code that is new or has ended",
        action=REFUSED,
        next_step="ask the Wlz-uitvoerder which region is meant, or add the code to the crosswalk with its dates",
        can_be_accepted=False,
    ),
    Rule(
        check_id=UNKNOWN_CODE,
        title="prestatie and unit codes",
        why="A prestatie or unit outside the list, or one that has ended, has no tariff and no place in a series.",
        kinds=_kinds_with("prestatiecode", "unit_code"),
        severity="warn",
        metrics=measure_unknown_rows,
        expectation=NO_FINDINGS,
        expected="prestaties of the list in the months they are in force, and units allowed for the Wlz (COD218)",
        cause="a typing error, or a code that is newer than the list",
        action=LEFT_OUT,
        next_step="look at the rows in the quarantine folder; ask the Wlz-uitvoerder, or import a newer list",
    ),
    Rule(
        check_id="D03",
        title="one row per key",
        why="A key delivered twice counts its euro twice; an empty agb_code is a value of its own.",
        kinds=ALL_KINDS,
        severity="block",
        metrics=measure_duplicate_keys,
        expectation=NO_FINDINGS,
        expected="one row per key of the contract",
        cause="lines exported twice, or two extracts put together",
        action=REFUSED,
        next_step=RESEND,
        can_be_accepted=False,
    ),
    Rule(
        check_id="D06",
        title="care month in scope",
        why="Care before the Wlz or after the delivery cannot have been claimed; it shifts every series it lands in.",
        kinds=_kinds_with("care_month"),
        severity="block",
        metrics=measure_care_months,
        expectation=NO_FINDINGS,
        expected="care months from 2015-01 up to the delivery month",
        cause="a month and a year exchanged, or a wrong extract",
        action=REFUSED,
        next_step=RESEND,
        can_be_accepted=False,
        month_matters=True,
    ),
    Rule(
        check_id="D07",
        title="delivery date in its month",
        why="Cut-offs of a round compare with the delivery date: a wrong one hides the file, or shows it too early.",
        kinds=ALL_KINDS,
        severity="warn",
        metrics=measure_delivery_dates,
        expectation=NO_FINDINGS,
        expected="delivery dates in the month of the folder",
        cause="a file in the folder of another month, or a mistyped date",
        action="The delivery is used by rounds whose cut-off lies on or after its latest date",
        next_step="move the file to the folder of its month, or have the date mended",
    ),
    Rule(
        check_id=PRICE_NOT_POSITIVE,
        title="price not positive",
        why="An amount against the sign of its volume, or without volume, gives a price that cannot exist.",
        kinds=_kinds_with("prestatiecode", "volume", "amount_eur"),
        severity="warn",
        metrics=measure_sign_rows,
        expectation=NO_FINDINGS,
        expected="amount and volume of the same sign, and no amount with volume 0",
        cause="half a correction: the amount without its volume, or the reverse",
        action=LEFT_OUT,
        next_step="look at the rows in the quarantine folder and ask the Wlz-uitvoerder for the corrected lines",
    ),
    Rule(
        check_id="V07",
        title="sum against control total",
        why="The sender's own totals show whether the file arrived whole.",
        kinds=ALL_KINDS,
        severity="block",
        metrics=measure_control_totals,
        expectation=ExpectationSpec("ExpectColumnValuesToBeBetween", {"column": "excess", "max_value": 0}),
        expected="rows and totals equal to the control file within € control_total_tolerance_eur",
        cause="a file that was cut off, or a control file of another extract",
        action=REFUSED,
        next_step="deliver the file again, or the control file if that one is wrong",
    ),
)
