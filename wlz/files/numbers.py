"""A column of numbers as people write them → floats. Whether a mark is of thousands or of decimals is never guessed."""

import polars as pl

from wlz.files.reading import is_text, refuse_rows, wrong_type

VALUE_LIMIT = 1e30  # sample paths are kept in single precision
_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_NOTHING = ("", "NA")  # text that means no observation; NA is how R writes it
_GROUPED = {mark: rf"^[+-]?\d{{1,3}}({sign}\d{{3}})+$" for mark, sign in ((",", ","), (".", r"\."))}
_SPACES = "[ \u00a0\u2009\u202f'\u2019]"  # marks of thousands that cannot be decimals
_SPACED = rf"^[+-]?\d{{1,3}}({_SPACES}\d{{3}})+([.,]\d+)?$"
_MAYBE_THOUSANDS = r"^[+-]?[1-9]\d{0,2}\.\d{3}$"
_FEW = 3
OTHER = {".": ",", ",": "."}


def read_values(column: pl.Series, decimal: str | None = None) -> pl.Series:
    """Numbers, or text with a decimal point (nothing or NA is null) → floats of any size up to VALUE_LIMIT.

    `decimal` is the sign of decimals a person named; the other one then marks thousands, in groups of three. Without
    it a comma is refused, and a point that may mark thousands. Raises PanelError.

    >>> read_values(pl.Series("value", ["1.234,5", "7"]), ",").to_list()
    [1234.5, 7.0]
    """
    if is_text(column):
        values = _read_text(column, decimal)
    elif column.dtype.is_numeric() or column.dtype == pl.Null:
        values = column.cast(pl.Float64)
    else:
        raise wrong_type(column, "numbers")
    outside = (~values.is_finite() | (values.abs() > VALUE_LIMIT)).fill_null(False)
    expected = f"a number between −{VALUE_LIMIT:.0e} and {VALUE_LIMIT:.0e}, or nothing"
    refuse_rows(column, outside, expected, "a division by zero before the export; leave a gap empty")
    return values


def _read_text(column: pl.Series, decimal: str | None) -> pl.Series:
    text = column.cast(pl.String).str.strip_chars()
    text = pl.select(pl.when(~text.is_in(_NOTHING)).then(text)).to_series().alias(column.name)
    spaced = text.str.contains(_SPACED).fill_null(False)
    if spaced.any():
        text = pl.select(pl.when(spaced).then(text.str.replace_all(_SPACES, "")).otherwise(text)).to_series()
    if decimal is None:
        _refuse_unclear_marks(column, text)
    else:
        text = _without_thousands(text, decimal)
    wrong = ~text.str.contains(_NUMBER).fill_null(True)
    refuse_rows(column, wrong, "a number with a decimal point, or nothing", _cause(text.filter(wrong)))
    return text.cast(pl.Float64)


def _without_thousands(text: pl.Series, decimal: str) -> pl.Series:
    """Numbers with a decimal point, from numbers with this sign and the other one between groups of three digits."""
    sign, mark = (r"\." if one == "." else one for one in (decimal, OTHER[decimal]))
    grouped = text.str.contains(rf"^[+-]?\d{{1,3}}({mark}\d{{3}})+({sign}\d*)?$").fill_null(False)
    plain = text.str.contains(rf"^[+-]?\d*({sign}\d*)?([eE][+-]?\d+)?$").fill_null(False)
    pieces = pl.when(grouped).then(text.str.replace_all(OTHER[decimal], "", literal=True)).otherwise(text)
    read = pl.select(pieces.str.replace(decimal, ".", literal=True)).to_series()
    return pl.select(pl.when(grouped | plain | text.is_null()).then(read).otherwise(text)).to_series().alias(text.name)


def _refuse_unclear_marks(column: pl.Series, text: pl.Series) -> None:
    """Raises PanelError for commas, and for points that always stand before three digits beside numbers without one."""
    comma = text.str.contains(",", literal=True).fill_null(False)
    if comma.any():
        marked = text.filter(comma)
        grouped = marked.str.contains(r"^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$").all()
        cause = "a thousands mark or a decimal comma" if grouped else "a decimal comma or thousands mark"
        step = "say which: --decimal , (a decimal comma) or --decimal . (the comma marks thousands),"
        refuse_rows(column, comma, "a number with a decimal point, or nothing", cause, step)
    point = text.str.contains(".", literal=True).fill_null(False)
    twice = text.str.contains(_GROUPED["."]).fill_null(False) & (text.str.count_matches(r"\.") > 1).fill_null(False)
    step = "name the sign of decimals with --decimal , (the point marks thousands)"
    refuse_rows(column, twice, "a number with a decimal point, or nothing", "a point as thousands mark", step)
    whole = text.filter(~point & text.is_not_null())
    if int(point.sum()) < _FEW or not whole.str.contains(r"^[+-]?\d{1,3}$").all() or whole.is_empty():
        return
    if text.filter(point).str.contains(_MAYBE_THOUSANDS).all():
        expected = "decimals of any length; always three beside whole numbers below 1,000 looks like thousands"
        step = "name the sign of decimals: --decimal , (the point marks thousands) or --decimal ."
        refuse_rows(column, point, expected, "a point as thousands mark", step)


def _cause(wrong: pl.Series) -> str:
    """The likely cause of text that is no number."""
    causes = {
        r"^\(.*\)$": "negative numbers in brackets, as accountants write them; write a minus",
        r"[€$£%]": "a sign of money or a percentage in the field; leave the number alone",
        r"^[-–—.]+$": "a dash or point that stands for nothing or for 0; write 0, or leave a gap empty",
        r"-$": "a minus behind the number",
        r"^#": "an error of a spreadsheet; leave a gap empty",
        r",": "a decimal comma or thousands mark",
    }
    for pattern, cause in causes.items():
        if wrong.str.contains(pattern).any():
            return cause
    return "text in a column of numbers; leave a gap empty"


def read_said(text: pl.Series) -> list[str]:
    """What a person should know of numbers that could be read in another way: three digits after every point."""
    if not is_text(text):
        return []
    point = text.cast(pl.String).str.strip_chars().drop_nulls()
    point = point.filter(point.str.contains(".", literal=True))
    if len(point) < _FEW or not point.str.contains(_MAYBE_THOUSANDS).all():
        return []
    return [f"column {text.name}: a point before three digits is read as decimals; if it marks thousands: --decimal ,"]
