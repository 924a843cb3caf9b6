"""A table as CSV and as a sheet of one workbook: unrounded numbers as numbers, units in the headers.

Names come from delivered files. Text that a spreadsheet would run as a formula gets an apostrophe in front in CSV; in
the workbook text is always written as text.
"""

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reports.language import Language
from reports.tables.table import SUPPRESSED, Column, Suppressed, Table, name_place

if TYPE_CHECKING:
    import xlsxwriter

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
FORMATS = {
    "mln": "#,##0.00",
    "eur": "#,##0.00",
    "percent": "0.00%",
    "price": "#,##0.00",
    "number": "#,##0",
    "month": "mmmm yyyy",
    "day": "d mmmm yyyy",
}
MAX_SHEET_NAME, WIDEST = 31, 60
_FIXED_TIME = datetime(2000, 1, 1)  # a workbook made again from the same numbers is the same file
# Characters a sheet name may not hold.
NOT_IN_SHEET_NAMES = str.maketrans("", "", "[]:*?/\\")


def export_header(column: Column, language: Language) -> str:
    """Header with the unit of the value behind it: euro, not millions; a share of 1, not percent."""
    unit = language.say(f"tables.export_{column.unit}")
    return f"{column.label} ({unit})" if unit else column.label


def write_csv(table: Table, language: Language) -> str:
    """The table as CSV text that a spreadsheet in the reader's language opens as numbers: Dutch ; and decimal comma.

    >>> write_csv(table, load_language("nl")).splitlines()[0]  # doctest: +SKIP
    'Wlz-uitvoerder;Verwachte benutting totaal (€)'
    """
    separator = ";" if language.marks[1] == "," else ","
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=separator, lineterminator="\r\n")
    writer.writerow([export_header(column, language) for column in table.columns])
    for row in table.rows:
        writer.writerow([_csv_cell(row[column.key], language) for column in table.columns])
    return buffer.getvalue()


def _csv_cell(value: Any, language: Language) -> str:
    if value is None:
        return ""
    if value is SUPPRESSED:
        return Suppressed.CELL.value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (Decimal, float, int)):
        text = str(value) if isinstance(value, (Decimal, int)) else repr(value)
        return text.replace(".", language.marks[1])
    return guard_text(name_place(str(value), language))


def guard_text(text: str) -> str:
    """Text that no spreadsheet runs as a formula; line breaks become spaces.

    >>> guard_text("=cmd()"), guard_text("De Friesland")
    ("'=cmd()", 'De Friesland')
    """
    flat = " ".join(text.splitlines()) if "\n" in text or "\r" in text else text
    return f"'{flat}" if flat.startswith(FORMULA_STARTS) else flat


def write_workbook(path: Path, tables: Sequence[Table], sources: Table, language: Language, mark: str) -> None:
    """All tables in one workbook, a sheet each, and a last sheet with what they rest on.

    ``mark`` stands on every sheet, printed ones too: of which month it is, and whether the deliveries are invented. A
    sheet is passed on without its workbook.
    """
    import xlsxwriter

    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), {**options, "remove_timezone": True}) as book:
        book.set_properties({"created": _FIXED_TIME, "title": language.say("tables.workbook_title"), "subject": mark})
        head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        for table in [*tables, sources]:
            _write_sheet(book, table, head, language, mark)


def _write_sheet(book: "xlsxwriter.Workbook", table: Table, head: Any, language: Language, mark: str) -> None:
    sheet = book.add_worksheet(table.identity.translate(NOT_IN_SHEET_NAMES)[:MAX_SHEET_NAME])
    sheet.write_string(0, 0, table.title)
    sheet.write_string(1, 0, mark)
    sheet.set_header(f"&L{mark.replace('&', '&&')}")
    for index, column in enumerate(table.columns):
        sheet.write_string(2, index, export_header(column, language), head)
        style = book.add_format({"num_format": FORMATS[column.unit]} if column.unit in FORMATS else {})
        longest = max((len(str(row[column.key])) for row in table.rows), default=0)
        sheet.set_column(index, index, min(max(longest, 12), WIDEST) + 2, style)
        for number, row in enumerate(table.rows):
            _write_cell(sheet, number + 3, index, row[column.key], style, language)
    sheet.freeze_panes(3, 1)
    if table.rows:
        sheet.autofilter(2, 0, 2 + len(table.rows), len(table.columns) - 1)


def _write_cell(sheet: Any, row: int, column: int, value: Any, style: Any, language: Language) -> None:
    if value is None:
        return
    if value is SUPPRESSED:
        sheet.write_string(row, column, Suppressed.CELL.value)
    elif isinstance(value, date):
        sheet.write_datetime(row, column, value, style)
    elif isinstance(value, (Decimal, float, int)):
        sheet.write_number(row, column, float(value), style)
    else:
        sheet.write_string(row, column, name_place(str(value), language))
