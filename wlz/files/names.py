"""Names of series: spaces around them do not count; two ways of writing one name are told, never joined in silence."""

import polars as pl

from wlz.files.reading import AS_IS, PanelError, is_text, name_some, refuse_rows, wrong_type

TOTAL_ID = "__total__"


def read_names(column: pl.Series) -> tuple[pl.Series, list[str]]:
    """Text or whole numbers → text without spaces around it, and what was done. Raises PanelError."""
    if not (column.dtype.is_integer() or is_text(column)):
        raise wrong_type(column, "text or whole numbers")
    names = column.cast(pl.String)
    bare = names.str.strip_chars().str.normalize("NFC")
    refuse_rows(column, (bare.is_null() | (bare == "")), "the name of a series", "an empty line or field")
    reserved = "a total among the series; that name is kept for the total here"
    refuse_rows(column, bare.str.starts_with(TOTAL_ID), "another name", reserved)
    changed = int((bare != names).sum())
    if not changed:
        return bare, []
    merged = names.n_unique() - bare.n_unique()
    told = f"{changed:,} names with spaces around them are read without"
    return bare, [told + (f"; {merged:,} of them as the series without" if merged else "")]


def refuse_alike(rows: pl.DataFrame, name: str = "unique_id", when: str = "month") -> None:
    """Raises PanelError where names differ in case, inner spaces or leading zeros only, and no month has both.

    Two series that each have their own months are two series; one that stops where the other begins is one, written
    in two ways.
    """
    distinct = rows.select(pl.col(name).unique())
    alike = pl.col(name).str.to_lowercase().str.replace_all(r"[\s_\-]+", " ").str.replace(r"^0+(\d)", "$1")
    groups = distinct.with_columns(alike.alias("__alike__")).filter(pl.len().over("__alike__") > 1)
    if groups.is_empty():
        return
    months = rows.join(groups, on=name)
    shared = months.group_by("__alike__").agg(
        pl.col(name).unique().sort().alias("names"), (pl.len() > pl.col(when).n_unique()).alias("both")
    )
    found = shared.filter(~pl.col("both")).sort("__alike__")
    if not found.is_empty():
        names = found["names"][0].to_list()
        more = f" ({found.height - 1:,} more such names)" if found.height > 1 else ""
        raise PanelError(
            f"column {name}: found {name_some(names)}, which never have the same month{more}, expected one name per "
            f"series. Likely one series, written in two ways. Next: write its name alike; {AS_IS}"
        )
