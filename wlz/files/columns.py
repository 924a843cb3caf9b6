"""Which column of a file is what: by the names of the contract, by those people give, by what a person says."""

import unicodedata
from collections.abc import Mapping, Sequence

import polars as pl

from wlz.files.reading import PanelError, is_text, name_some

PANEL_ROLES = {
    "unique_id": ("id", "series", "series_id", "serie", "reeks", "code", "key", "sleutel", "naam", "name"),
    "month": (
        "ds",
        "date",
        "datum",
        "maand",
        "period",
        "periode",
        "year_month",
        "yearmonth",
        "zorgmaand",
        "care_month",
    ),
    "value": ("y", "values", "waarde", "amount", "bedrag", "count", "aantal", "volume"),
}
YEAR_NAMES, MONTH_NAMES = ("year", "jaar", "yr"), ("month", "maand", "mnd")
MOST_MONTHS, MOST_WEEKS = 12, 53


def bare(header: str) -> str:
    """A header without what people do not see: case, spaces around it, a byte order mark, spaces or hyphens inside.

    >>> bare(" Unique ID")
    'unique_id'
    """
    text = unicodedata.normalize("NFC", header).replace("\ufeff", "").strip().strip("\"'").casefold()
    return "_".join(text.replace("-", " ").replace(".", " ").replace("_", " ").split())


def is_nameless(header: str) -> bool:
    """Whether a column has no name: R and pandas number rows in one."""
    return bare(header) in ("", "unnamed:_0", "rownames")


def find_columns(
    columns: Sequence[str], roles: Mapping[str, Sequence[str]], named: Mapping[str, str], options: Mapping[str, str]
) -> tuple[dict[str, str], list[str]]:
    """Role → column, of the roles that are found, and what is to be said of it.

    What a person named comes first, then the name of the contract, then that name in another writing, then other usual
    names where exactly one of them is there. Raises PanelError for a named column that is not there, and for two
    columns that may be the same role.
    """
    found: dict[str, str] = {}
    for role, wanted in named.items():
        fits = [name for name in columns if name == wanted] or [name for name in columns if bare(name) == bare(wanted)]
        if len(fits) != 1:
            raise PanelError(
                f"{options[role]} {wanted}: found {name_some(list(columns), 8)}, expected a column of that name. "
                "Likely a typing error. Next: name one of the columns"
            )
        found[role] = fits[0]
    for role, usual in roles.items():
        if role in found:
            continue
        left = [name for name in columns if name not in found.values()]
        for names in ((role,), usual):
            fits = [name for name in left if name in names] or [name for name in left if bare(name) in names]
            if len(fits) > 1:
                raise PanelError(
                    f"column {role}: found {name_some(fits)}, expected one of them. Likely more than one column that "
                    f"may be it. Next: name it with {options[role]}"
                )
            if fits:
                found[role] = fits[0]
                break
    said = [f"{role} is column {name!r}" for role, name in found.items() if name != role and role not in named]
    return found, said


def join_year_and_month(frame: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """A column of years and one of months 1 to 12 → one column `month`; else the frame as it is."""
    joined, of = join_year_and(frame, MONTH_NAMES, MOST_MONTHS, "-")
    return joined, [f"month is made of columns {of}"] if of else []


def join_year_and(frame: pl.DataFrame, names: Sequence[str], most: int, sign: str) -> tuple[pl.DataFrame, str]:
    """A column of years and one of `names` with numbers from 1 to `most` → one column `month`, year, sign and number.

    And the two columns as they are called; the frame as it is and nothing where they are not there.
    """
    years = [name for name in frame.columns if bare(name) in YEAR_NAMES]
    parts = [name for name in frame.columns if bare(name) in names]
    if len(years) != 1 or len(parts) != 1:
        return frame, ""
    year, part = (frame[name].cast(pl.String).str.strip_chars().cast(pl.Int64, strict=False) for name in
                  (years[0], parts[0]))  # fmt: skip
    if part.is_null().any() or year.is_null().any() or not part.is_between(1, most).all():
        return frame, ""
    both = pl.select(pl.concat_str(year, part.cast(pl.String).str.zfill(2), separator=sign)).to_series()
    return frame.drop(years[0], parts[0]).with_columns(both.alias("month")), f"{years[0]!r} and {parts[0]!r}"


def looks_numeric(column: pl.Series) -> bool:
    """Whether a column holds numbers, or text that nearly always begins with a digit or a sign."""
    if not is_text(column):
        return column.dtype.is_numeric()
    known = column.cast(pl.String).str.strip_chars().drop_nulls()
    known = known.filter(~known.is_in(["", "NA"]))
    return not known.is_empty() and bool(known.str.contains(r"^[+-]?[\d.,]").all())
