"""`import wlz`: the volume method and the lag method on a frame of Polars or pandas, as on the command line."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl


def forecast(
    frame: Any,
    *,
    engine: str = "combined",
    horizon: int | None = None,
    total: bool = False,
    total_by: Sequence[str] | str = (),
    seed: int = 0,
    columns: Mapping[str, str] | None = None,
    decimal: str | None = None,
    values: str | None = None,
    absent: str | None = None,
    freq: str = "monthly",
    days: str | None = None,
    as_is: bool = False,
) -> Any:
    """Forecast and 80 and 95 % bounds of any monthly or weekly series: a row per series and month, and one of the sum.

    `frame`: a Polars or pandas frame with the columns unique_id, month and value, or a wide table; `columns` names
    others, as in ``{"value": "paid_usd"}``. The options are those of `wlz forecast`. Back comes a frame of the same
    kind with unique_id, month (none: the sum over the horizon), forecast, lower_80, upper_80, lower_95, upper_95,
    engine and model; of weeks (`freq` "weekly") a column week instead of month. `horizon`: 12 months or 52 weeks if not
    said. Raises `wlz.files.reading.PanelError`, whose message says what to do.

    >>> forecast(pl.read_csv("volumes.csv"), total=True)  # doctest: +SKIP
    """
    from wlz.files.panel import read_panel
    from wlz.files.reading import Reading
    from wlz.forecasting.any_grain import forecast_panel

    reading = Reading(dict(columns or {}), decimal, values, absent, as_is, _one_of_freqs(freq))
    groups = (total_by,) if isinstance(total_by, str) else tuple(total_by)
    panel = read_panel(_to_polars(frame), reading, groups)
    found = forecast_panel(panel, engine=engine, horizon=horizon, total=total, seed=seed, as_is=as_is, days=days)
    return _as_given(found, frame)


def complete(
    frame: Any,
    *,
    keys: Sequence[str] | str | None = None,
    method: str = "bornhuetter_ferguson",
    columns: Mapping[str, str] | None = None,
    decimal: str | None = None,
    values: str | None = None,
    freq: str = "monthly",
    as_is: bool = False,
) -> Any:
    """Every care month of a triangle as it will be, with 80 and 95 % bounds, and a total per key without a month.

    `frame`: a Polars or pandas frame with key columns, care_month, delivery_month (or lags) and value, cumulative, or a
    table with a column per lag; `columns` names others, as in ``{"lag": "dev"}``. The options are those of
    `wlz complete`. Back comes a frame of the same kind. Raises `wlz.files.reading.PanelError` or
    `wlz.runoff.LagError`, whose message says what to do.

    >>> complete(pl.read_csv("triangle.csv"), method="mack")  # doctest: +SKIP
    """
    from wlz.files.reading import Reading
    from wlz.runoff.any_triangle import complete_frame

    reading = Reading(dict(columns or {}), decimal, values, as_is=as_is, freq=_one_of_freqs(freq))
    names = [keys] if isinstance(keys, str) else keys
    return _as_given(complete_frame(_to_polars(frame), names, method, reading).rows, frame)


def _one_of_freqs(freq: str) -> str:
    from wlz.files.reading import PanelError

    if freq not in ("monthly", "weekly"):
        raise PanelError(f"freq: found {freq!r}, expected 'monthly' or 'weekly'. Next: name one of them")
    return freq


def _to_polars(frame: Any) -> "pl.DataFrame":
    """The frame in Polars; an index of pandas that has a name is a column."""
    import polars as pl

    if isinstance(frame, pl.DataFrame):
        return frame
    if isinstance(frame, pl.LazyFrame):
        return frame.collect()
    if not hasattr(frame, "reset_index"):
        raise TypeError(f"found {type(frame).__name__}, expected a frame of Polars or pandas")
    named = any(name is not None for name in frame.index.names)
    plain = frame.reset_index() if named else frame
    periods = [name for name in plain.columns if str(plain[name].dtype).startswith("period")]
    return pl.from_pandas(plain.assign(**{name: plain[name].dt.to_timestamp() for name in periods}), nan_to_null=True)


def _as_given(found: "pl.DataFrame", frame: Any) -> Any:
    """The result in the kind of frame that came in."""
    return found.to_pandas() if hasattr(frame, "reset_index") else found
