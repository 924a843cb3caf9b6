"""Official lists as people download them, read into rows of a pack. Frames of text in, frames and remarks out.

Three forms, all of prestaties: the Koppeltabel (a row per code, period and ZZP, unit in words), list 055 (code and
description below a head of some lines), and tariffs of the NZa in the template of `docs/how-to/lists-of-codes.md`.
Zorgkantoren are read in `zorgkantoor_lists.py`, files in `warehouse/pack_files.py`.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

import polars as pl

from wlz.known.tariff_rows import TARIFF_ROW, find_faults
from wlz.words.faults import Spoken

CODE = re.compile(r"^[A-Z0-9][A-Z0-9.]{1,4}$")  # up to five characters; nothing else is read from a code
HEAD_ROWS = 30
FAULTS_TOLD = 5  # of a refused file; the rest is counted
KOPPELTABEL, LIST_055, TARIFFS = "koppeltabel", "list 055", "tariffs"
OF_CODES = (KOPPELTABEL, LIST_055)  # forms that say which prestaties there are
UNITS_IN_WORDS = {
    "minuut": "01", "minuten": "01", "uur": "04", "5 minuten": "07", "vijf minuten": "07", "etmaal": "14", "dag": "14",
    "dagdeel": "16", "stuk": "81", "tijdsonafhankelijk": "81", "geen": "81", "n.v.t.": "81", "nvt": "81",
}  # fmt: skip
OPEN_END = date(2099, 1, 1)  # an end from here on is no end
EARLIEST_YEAR = 1950  # of a date or year in a list: before it a slip of typing, or a number that is no date
_WORDS: Mapping[str, tuple[str, ...]] = {
    "code": ("prestatiecode", "code prestatie", "code"),
    "description": ("omschrijving", "beschrijving"),
    "unit": ("eenheid", "tijdseenheid"),
    "begin": ("begindatum", "ingangsdatum", "begin", "ingang", "geldig vanaf"),
    "end": ("einddatum", "eind", "expiratie", "geldig tot"),
    "group": ("prestatiegroep", "groep"),
    "year": ("jaar",),
    "max_tariff": ("max_tarief", "maximumtarief", "tarief"),
    "nhc": ("nhc",),
    "nic": ("nic",),
}
NEEDED = {
    KOPPELTABEL: ("code", "unit", "begin", "end"),
    LIST_055: ("code", "description"),
    TARIFFS: ("code", "year", "unit", "max_tariff"),
}


class ListError(Spoken, ValueError):
    """A file is none of the known forms, or cannot be read as one; the message says where and what was expected."""


class OfficialList(NamedTuple):
    """What a file says: which form it is, a row per code (and year), and what was passed over or put right.

    `rows`: prestatiecode, description, unit_code, valid_to, group_number (koppeltabel, list 055), or prestatiecode,
    year, unit_code, max_tariff_eur, nhc_eur, nic_eur, file_row (tariffs); a column is empty where the form does not
    have it.
    """

    form: str
    rows: pl.DataFrame
    remarks: Sequence[str]


def read_official(sheets: Mapping[str, pl.DataFrame], file: str) -> OfficialList:
    """The list in the sheets of a file (name → frame of text without a header, every row of the sheet).

    Raises ListError when no sheet has the columns of a form, or a unit or date cannot be read.

    >>> sheet = pl.DataFrame([["Prestatiecode", "Omschrijving"], ["Z025", "ZZP 2VV"]], orient="row")
    >>> read_official({"blad": sheet}, "055.xlsx").form
    'list 055'
    """
    for form in (TARIFFS, KOPPELTABEL, LIST_055):
        for name, sheet in sheets.items():
            head = find_head(sheet, NEEDED[form], _WORDS)
            if head is not None:
                return _read_form(form, sheet, *head, f"{file}, sheet {name}")
    wanted = "; ".join(f"{form}: {', '.join(names)}" for form, names in NEEDED.items())
    wanted += "; zorgkantoren: uzovi, name"
    raise ListError(
        f"{file}: no sheet has the columns of a known list in its first {HEAD_ROWS} rows ({wanted}). "
        "Next: name the columns as the publisher does, or use the template in docs/how-to/lists-of-codes.md"
    )


def find_head(
    sheet: pl.DataFrame, needed: Sequence[str], words_of: Mapping[str, tuple[str, ...]]
) -> tuple[int, dict[str, int]] | None:
    """Row number of the header and column number per known name; None when no row has a column for all that is needed.

    In: a sheet as text, and by which words each name may be called.
    """
    for number, row in enumerate(sheet.head(HEAD_ROWS).iter_rows()):
        cells = [" ".join(str(cell or "").split()).casefold() for cell in row]
        found = {name: at for name, words in words_of.items() if (at := _match(cells, words)) is not None}
        if set(needed) <= set(found):
            return number, found
    return None


def _match(cells: Sequence[str], words: Sequence[str]) -> int | None:
    """The cell that is one of the words, else the first that begins with one; the word named first wins."""
    for word in words:
        whole = [at for at, cell in enumerate(cells) if cell == word]
        begins = [at for at, cell in enumerate(cells) if cell.startswith(word)]
        if whole or begins:
            return (whole or begins)[0]
    return None


def _read_form(form: str, sheet: pl.DataFrame, head: int, at: Mapping[str, int], where: str) -> OfficialList:
    rows, remarks = [], []
    for number, row in enumerate(sheet.slice(head + 1).iter_rows(), start=head + 2):
        cell = {name: str(row[column] or "").strip() for name, column in at.items()}
        code = cell["code"].upper().replace(" ", "")
        if not any(str(one or "").strip() for one in row):
            continue
        if not CODE.fullmatch(code):
            remarks.append(f"row {number}: {cell['code'] or '(empty)'} is no code, passed over")
            continue
        if code != str(row[at["code"]]):
            remarks.append(f"row {number}: {row[at['code']]!r} read as {code}")
        rows.append(_read_tariff(code, cell, f"{where}, row {number}") | {"file_row": number} if form == TARIFFS
                    else _read_code(code, cell, f"{where}, row {number}"))  # fmt: skip
    if not rows:
        raise ListError(f"{where}: a header and no codes below it. Next: is this the right file?")
    if form == TARIFFS:
        refuse_tariffs(pl.DataFrame(rows, schema=TARIFF_ROW), where)
    frame = pl.DataFrame(rows, infer_schema_length=None)
    return OfficialList(form, *_one_per_key(frame, form, remarks))


def _read_code(code: str, cell: Mapping[str, str], where: str) -> dict[str, object]:
    end = _read_end(cell.get("end", ""), where)
    return {
        "prestatiecode": code,
        "description": cell.get("description", ""),
        "unit_code": _read_unit(cell["unit"], where) if "unit" in cell else None,
        "valid_to": None if end is None or end >= OPEN_END else end,
        "group_number": cell.get("group", "").split(".")[0] or None,
    }


def refuse_tariffs(rows: pl.DataFrame, where: str) -> None:
    """Raises ListError with the first faults of rows of tariffs (TARIFF_ROW): of a file that has one nothing counts."""
    faults = find_faults(rows)
    if faults:
        more = f" and {len(faults) - FAULTS_TOLD} more." if len(faults) > FAULTS_TOLD else "."
        raise ListError(
            f"{where}, {'; '.join(faults[:FAULTS_TOLD])}{more} Likely a slip of typing or of a spreadsheet. Nothing of "
            "the file counts. Next: mend these rows after the publication, and take the file in again"
        )


def _read_tariff(code: str, cell: Mapping[str, str], where: str) -> dict[str, object]:
    if not cell["max_tariff"]:
        raise ListError(f"{where}: {code} has no maximum tariff; expected an amount such as 88,66. Next: fill it in")
    euro = {f"{name}_eur": _read_amount(cell.get(name, ""), name, where) for name in ("max_tariff", "nhc", "nic")}
    year, unit = _read_year(cell["year"], code, where), _read_unit(cell["unit"], where)
    return {"prestatiecode": code, "year": year, "unit_code": unit, **euro}


def _read_year(text: str, code: str, where: str) -> int:
    """A year as 2026, or 2026.0 of a spreadsheet."""
    if not re.fullmatch(r"\d+([.,]0+)?", text):
        raise ListError(f"{where}: the year of {code} is {text or 'empty'!r}; expected one as 2026. Next: fill it in")
    return int(re.split("[.,]", text)[0])


def _read_amount(text: str, name: str, where: str) -> float:
    """An amount as 88,66 or 88.66, with or without a euro sign; 0 for an empty cell."""
    bare = text.replace("€", "").strip()
    try:
        return float(bare.replace(".", "").replace(",", ".") if "," in bare else bare or 0)
    except ValueError:
        raise ListError(f"{where}: {name} is {text!r}; expected an amount such as 88,66. Next: mend the cell") from None


def _read_unit(words: str, where: str) -> str:
    if words in {*UNITS_IN_WORDS.values(), "00"}:
        return words
    known = UNITS_IN_WORDS.get(words.casefold().removeprefix("per ").strip())
    if known is None:
        raise ListError(
            f"{where}: unit {words!r} is not known; known: {', '.join(UNITS_IN_WORDS)}. Next: mend the cell"
        )
    return known


def _read_end(text: str, where: str) -> date | None:
    try:
        return read_date(text)
    except ValueError:
        raise ListError(f"{where}: {text!r} is no date; expected for example 31-12-2018. Next: mend the cell") from None


def read_date(text: str) -> date | None:
    """A date as 31-12-2018, 2018-12-31 (with a time behind it), 20181231 or the day number of a spreadsheet.

    None for an empty text. Raises ValueError for one that is no date, or lies before EARLIEST_YEAR.
    """
    if not text or text.casefold() in ("nvt", "n.v.t.", "-"):
        return None
    found = _read_day(text)
    if found.year < EARLIEST_YEAR:
        raise ValueError(text)
    return found


def _read_day(text: str) -> date:
    day_first = re.match(r"^(\d{1,2})[-/](\d{1,2})[-/](\d{4})", text)
    year_first = re.match(r"^(\d{4})-?(\d{2})-?(\d{2})(?:\D|$)", text)
    try:
        if day_first:
            day, month, year = (int(part) for part in day_first.groups())
            return date(year, month, day)
        if year_first:
            return date(*(int(part) for part in year_first.groups()))
        return date(1899, 12, 30) + timedelta(days=int(float(text)))
    except OverflowError:
        raise ValueError(text) from None


def _one_per_key(frame: pl.DataFrame, form: str, remarks: list[str]) -> tuple[pl.DataFrame, list[str]]:
    """One row per code (and year). Of periods the open one counts, else the last; two units for one code are named."""
    key = ["prestatiecode", "year"] if form == TARIFFS else ["prestatiecode"]
    units = frame.group_by(key).agg(pl.col("unit_code").drop_nulls().unique().sort()).filter(
        pl.col("unit_code").list.len() > 1
    ).sort(key)  # fmt: skip
    for code, *_, found in units.iter_rows():
        remarks.append(f"{code} has units {', '.join(found)}: ambiguous, passed over")
    clear = frame.join(units.select(key), on=key, how="anti")
    if form != TARIFFS:
        clear = clear.with_columns(pl.col("valid_to").fill_null(date.max).alias("last"))
        clear = clear.sort("prestatiecode", "last", maintain_order=True).drop("last")
    return clear.unique(key, keep="last", maintain_order=True).sort(key), remarks


def merge_codes(codes: pl.DataFrame, found: pl.DataFrame, source: str) -> pl.DataFrame:
    """Rows of `prestaties.csv` with what an official list says; codes it does not name stay as they are.

    A new code gets the group, form of delivery and sector that the known codes of its group number have, where nine in
    ten have the same; else they stay empty (the group: "Overige afspraken").
    """
    known = found.join(codes, on="prestatiecode", how="inner", suffix="_old")
    like: dict[str, dict[str | None, str]] = {
        name: _majority(known, name) for name in ("prestatiegroep", "leveringsvorm", "sector")
    }
    old = {row["prestatiecode"]: row for row in codes.iter_rows(named=True)}
    for row in found.iter_rows(named=True):
        before = old.get(row["prestatiecode"], {})
        number = row["group_number"]
        old[row["prestatiecode"]] = {
            "prestatiecode": row["prestatiecode"],
            "description": row["description"] or before.get("description") or "",
            "leveringsvorm": before.get("leveringsvorm") or like["leveringsvorm"].get(number),
            "sector": before.get("sector") or like["sector"].get(number),
            "prestatiegroep": before.get("prestatiegroep") or like["prestatiegroep"].get(number) or "Overige afspraken",
            "unit_code": row["unit_code"] or before.get("unit_code"),
            "trust": "official",
            "source": source,
        }
    return pl.DataFrame(list(old.values()), schema=codes.schema, orient="row").sort("prestatiecode")


def _majority(known: pl.DataFrame, column: str) -> dict[str | None, str]:
    """Group number → the value that at least nine in ten of its known codes have."""
    counted = known.drop_nulls("group_number").group_by("group_number", column).len()
    share = pl.col("len") / pl.col("len").sum().over("group_number")
    most = counted.filter(share >= 0.9).drop_nulls(column)
    return dict(most.select("group_number", column).iter_rows())


def merge_validity(validity: pl.DataFrame, found: pl.DataFrame, source: str) -> pl.DataFrame:
    """Rows of `validity.csv`: a list that names a code says its end, or that it has none; its beginning stays."""
    begins = dict(validity.group_by("prestatiecode").agg(pl.col("valid_from").min()).iter_rows())
    named = found.select(
        "prestatiecode",
        pl.col("prestatiecode")
        .replace_strict(begins, default=date(2015, 1, 1), return_dtype=pl.Date)
        .alias("valid_from"),
        "valid_to",
        pl.lit(source).alias("source"),
    )
    kept = validity.join(found, on="prestatiecode", how="anti")
    return pl.concat([kept, named.select(kept.columns)], how="vertical_relaxed").sort("prestatiecode", "valid_from")
