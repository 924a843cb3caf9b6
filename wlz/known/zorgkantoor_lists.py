"""Lists of zorgkantoren as people download them: the UZOVI register and code list COD001, read and merged into a pack.

Codes 55xx of the register are zorgkantoren, all others are insurers. Here: codes, names and ends. Not here: who runs a
region. The register names concerns, and two uitvoerders may share one, so nothing of it is read for an uitvoerder, nor
a region out of a name. Files are read in `warehouse/pack_files.py`, prestaties in `official_lists.py`.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

import polars as pl

from wlz.known.official_lists import OPEN_END, ListError, OfficialList, find_head, read_date
from wlz.words.counts import format_count

ZORGKANTOREN = "zorgkantoren"
_ANY_NUMBER, _ZORGKANTOOR = re.compile(r"^\d{4}$"), re.compile(r"^55\d\d$")
_WORDS: Mapping[str, tuple[str, ...]] = {
    "code": ("uzovi", "zorgkantoorcode", "code"),
    "name": ("naam", "name", "omschrijving", "documentatie", "betekenis"),
    "begin": ("begindatum", "ingangsdatum", "datum ingang", "begin", "ingang", "geldig vanaf", "valid_from"),
    "end": ("einddatum", "expiratiedatum", "datum einde", "eind", "expiratie", "geldig tot", "valid_to"),
}


class Merged(NamedTuple):
    """A list of a pack with what a file says: the list, counts of what changed, and what a person should know."""

    rows: pl.DataFrame
    counts: Mapping[str, int]
    remarks: Sequence[str]


def read_zorgkantoren(sheets: Mapping[str, pl.DataFrame], file: str) -> OfficialList | None:
    """The zorgkantoren in the sheets of a file (name → frame of text without a header); None when it is no such list.

    A sheet is one when its column of codes is called UZOVI, or holds nothing but numbers of four digits: list 055 of
    prestaties has the same columns otherwise. Out: a row per code 55xx, with zorgkantoor_code, name, valid_from (empty:
    not said), file_row and, where the sheet has a column of ends, valid_to (first day without the code, empty: open).
    Rows that cannot be right are remarks, by their row in the file. Raises ListError for such a list without a
    zorgkantoor.

    >>> sheet = pl.DataFrame([["UZOVI-nummer", "Naam"], ["5501", "Zorgkantoor Groningen"]], orient="row")
    >>> read_zorgkantoren({"blad": sheet}, "uzovi.xlsx").rows.row(0)
    ('5501', 'Zorgkantoor Groningen', None, 2)
    """
    for name, sheet in sheets.items():
        head = find_head(sheet, ("code", "name"), _WORDS)
        if head is not None and _is_of_zorgkantoren(sheet, *head):
            return _read_sheet(sheet, *head, f"{file}, sheet {name}")
    return None


def _is_of_zorgkantoren(sheet: pl.DataFrame, head: int, at: Mapping[str, int]) -> bool:
    title = str(sheet.row(head)[at["code"]]).strip().casefold()
    codes = [_code(cell) for cell in sheet.slice(head + 1).to_series(at["code"]) if str(cell or "").strip()]
    return title.startswith(("uzovi", "zorgkantoor")) or (
        bool(codes) and all(_ANY_NUMBER.fullmatch(code) for code in codes)
    )


def _code(cell: object) -> str:
    return str(cell or "").strip().removesuffix(".0")  # a number as a spreadsheet may hand it over


def _read_sheet(sheet: pl.DataFrame, head: int, at: Mapping[str, int], where: str) -> OfficialList:
    rows: list[dict[str, Any]] = []
    remarks, others = [], 0
    for number, cells in enumerate(sheet.slice(head + 1).iter_rows(), start=head + 2):
        code = _code(cells[at["code"]])
        if not any(str(cell or "").strip() for cell in cells):
            continue
        if not _ZORGKANTOOR.fullmatch(code):
            others += 1
            continue
        try:
            begin, end = (_read_cell(cells, at, name) for name in ("begin", "end"))
        except ValueError as odd:
            remarks.append(f"row {number}: {code} has {odd}, which is no date, passed over")
            continue
        if begin and end and end <= begin:
            remarks.append(f"row {number}: {code} ends on {end} before it begins on {begin}, passed over")
            continue
        rows.append({"zorgkantoor_code": code, "name": str(cells[at["name"]] or "").strip(),
                     "valid_from": begin, "file_row": number, "valid_to": _first_day_without(end)})  # fmt: skip
    if not rows and not remarks:
        raise ListError(f"{where}: no number 55xx below the header. Next: is this the register with zorgkantoren?")
    schema = {"zorgkantoor_code": pl.String, "name": pl.String, "valid_from": pl.Date, "file_row": pl.Int64,
              "valid_to": pl.Date}  # fmt: skip
    frame = pl.DataFrame(rows, schema=schema, orient="row").sort(
        "zorgkantoor_code", pl.col("valid_to").fill_null(date.max), "file_row"
    )
    for one, other in pairwise(sorted(rows, key=lambda row: (row["zorgkantoor_code"], row["file_row"]))):
        if one["zorgkantoor_code"] == other["zorgkantoor_code"]:
            code = other["zorgkantoor_code"]
            remarks.append(
                f"row {other['file_row']}: {code} stands in row {one['file_row']} too; the period that ends last counts"
            )
    if others:
        remarks.append(f"{format_count(others, 'row')} of numbers other than 55xx passed over: no zorgkantoren")
    single = frame.unique("zorgkantoor_code", keep="last", maintain_order=True)
    return OfficialList(ZORGKANTOREN, single if "end" in at else single.drop("valid_to"), remarks)


def _read_cell(cells: Sequence[object], at: Mapping[str, int], name: str) -> date | None:
    """The date in a cell; None for an empty one. Raises ValueError with the cell as it is written."""
    text = str(cells[at[name]] or "").strip() if name in at else ""
    try:
        return read_date(text)
    except ValueError:
        raise ValueError(repr(text)) from None


def _first_day_without(end: date | None) -> date | None:
    """The end as a crosswalk says it. A first of a month is that day already; any other is the last day with the code.

    Claims are by month, so within a month it makes no difference.
    """
    if end is None or end >= OPEN_END:
        return None
    return end if end.day == 1 else end + timedelta(days=1)


def merge_crosswalk(crosswalk: pl.DataFrame, found: pl.DataFrame, source: str) -> Merged:
    """Rows of `region_crosswalk.csv` with the ends that a list says of codes the pack has; regions and beginnings stay.

    In: `crosswalk` (zorgkantoor_code, valid_from, valid_to exclusive, zorgkantoorregio, source), of a code with several
    periods the last; `found` of `read_zorgkantoren`. A code the pack does not have gets no row, for no list says its
    region: it is a remark, as are a code the list does not name, a beginning that differs, and a region that is left
    without a code.
    """
    counts = dict.fromkeys(("new without a region", "newly closed", "open again", "other end"), 0)
    remarks: list[str] = []
    last = {row["zorgkantoor_code"]: row for row in crosswalk.sort("valid_from").iter_rows(named=True)}
    for row in found.iter_rows(named=True):
        code, held = row["zorgkantoor_code"], last.get(row["zorgkantoor_code"])
        place = f"row {row['file_row']}: {code}"
        if held is None:
            counts["new without a region"] += 1
            remarks.append(
                f"{place} ({row['name']}) is new and no list says its region: its claims are refused (D02) until "
                "region_crosswalk.csv of the pack has a row of it"
            )
            continue
        begin = row["valid_from"]
        if begin and begin > held["valid_from"]:
            remarks.append(f"{place} begins on {begin} here, {held['valid_from']} in the pack: its beginning stays")
        change = _compare_end(held, row["valid_to"], place, remarks) if "valid_to" in row else ""
        if change:
            counts[change] += 1
            last[code] = held | {"valid_to": row["valid_to"], "source": source}
    changed = pl.DataFrame(list(last.values()), schema=crosswalk.schema, orient="row")
    key = ["zorgkantoor_code", "valid_from"]
    merged = pl.concat([crosswalk.join(changed, on=key, how="anti"), changed]).sort(key)
    remarks += _left_out(crosswalk, found) + _without_code(crosswalk, merged)
    return Merged(merged, counts, remarks)


def _compare_end(held: Mapping[str, Any], end: date | None, place: str, remarks: list[str]) -> str:
    """What an end changes in a row of the pack, as it is counted; empty when nothing."""
    before = held["valid_to"]
    if end == before:
        return ""
    if end is not None and end <= held["valid_from"]:
        remarks.append(
            f"{place} ends on {end} here, before it begins in the pack ({held['valid_from']}): its end stays"
        )
        return ""
    if before is None:
        remarks.append(f"{place} is closed from {end} on")
        return "newly closed"
    if end is None:
        remarks.append(f"{place} has no end here and ended on {before} in the pack: it is open again")
        return "open again"
    remarks.append(f"{place} ends on {end} here and on {before} in the pack: the former counts")
    return "other end"


def _left_out(crosswalk: pl.DataFrame, found: pl.DataFrame) -> list[str]:
    """The codes of the pack that the list has no row of, as one remark."""
    absent = sorted(set(crosswalk["zorgkantoor_code"]) - set(found["zorgkantoor_code"]))
    return [f"not named or passed over, so they stay as they are: {', '.join(absent)}"] if absent else []


def _without_code(before: pl.DataFrame, after: pl.DataFrame) -> list[str]:
    """A remark per region that has no code from some day on and had one before."""
    ends = [
        frame.group_by("zorgkantoorregio").agg(
            pl.when(pl.col("valid_to").has_nulls()).then(None).otherwise(pl.col("valid_to").max()).alias(name)
        )
        for name, frame in (("before", before), ("after", after))
    ]
    closed = ends[0].join(ends[1], on="zorgkantoorregio").filter(pl.col("before").is_null()).drop_nulls("after")
    return [
        f"region {region} has no code from {day} on: add the one that follows to region_crosswalk.csv of the pack"
        for region, day in closed.select("zorgkantoorregio", "after").sort("zorgkantoorregio").iter_rows()
    ]


def merge_names(listed: pl.DataFrame, found: pl.DataFrame, source: str) -> pl.DataFrame:
    """Rows of `zorgkantoor_codes.csv` (code, name, valid_from, valid_to, …) with a list; what it does not say stays."""
    rows = {row["code"]: row for row in listed.iter_rows(named=True)}
    for row in found.iter_rows(named=True):
        old = rows.get(row["zorgkantoor_code"], dict.fromkeys(listed.columns))
        said = {"name": row["name"] or old["name"], "valid_from": row["valid_from"] or old["valid_from"],
                "valid_to": row.get("valid_to", old["valid_to"])}  # fmt: skip
        if said != {name: old[name] for name in said}:
            rows[row["zorgkantoor_code"]] = old | said | {"code": row["zorgkantoor_code"], "source": source}
    return pl.DataFrame(list(rows.values()), schema=listed.schema, orient="row").sort("code")
