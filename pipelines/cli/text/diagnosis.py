"""A diagnosis of one series as text for a terminal of 100 characters. The numbers come from whoever calls."""

import textwrap
from collections.abc import Iterator

import polars as pl

from wlz.forecasting.diagnosis import Diagnosis

WIDTH = 100
NOTABLE_P = 0.05
NOTABLE_RATIO = 0.10  # two searches of the same models that differ by more are no detail
STANDS_OUT = 2.5
STRONG = 0.64  # from here R `forecast::nsdiffs` takes seasonal differences
SEASON_UNUSED = ", yet the model has none"  # its eleven states cost AICc more than they explain
BAR_CELLS = 24  # on either side of the axis
BAR_DEVIATIONS = 4.0  # at the end of a bar; beyond it an arrow
CHART_MONTHS = 40


def render_diagnosis(diagnosis: Diagnosis) -> str:
    """Strengths, verdict on the residuals, their chart, the months that stand out, and what each engine would say."""
    model = f", model {diagnosis.model} of ets_select" if diagnosis.model else ""
    return "\n".join(
        [
            f"Diagnosis of {diagnosis.observed_count} observed months from {diagnosis.first_month:%Y-%m}{model}",
            *_strength_lines(diagnosis),
            *_residual_lines(diagnosis),
            *_largest_lines(diagnosis),
            *_chart_lines(diagnosis.residuals),
            "",
            *_engine_lines(diagnosis),
            _disagreement_line(diagnosis),
        ]
    )


def _strength_lines(diagnosis: Diagnosis) -> Iterator[str]:
    if diagnosis.strength_reason:
        yield f"Trend and season: not measured, {diagnosis.strength_reason}."
        return
    for name, strength, noise in (
        ("Trend", diagnosis.trend_strength, diagnosis.noise_trend_strength),
        ("Season", diagnosis.season_strength, diagnosis.noise_season_strength),
    ):
        if strength is None or noise is None:
            continue
        without = SEASON_UNUSED if name == "Season" and strength > noise and _lacks_season(diagnosis.model) else ""
        yield f"{name}: {_word_strength(strength, noise)}{without}."


def _word_strength(strength: float, noise: float) -> str:
    number = f"strength {strength:.2f} of 1"
    if strength <= noise:
        return f"none to be seen ({number}; noise of this length reaches {noise:.2f})"
    word = "strong" if strength >= STRONG else "moderate"
    return f"{word} ({number}; noise of this length reaches {noise:.2f})"


def _lacks_season(model: str | None) -> bool:
    return model is not None and model.endswith(",N")


def _residual_lines(diagnosis: Diagnosis) -> Iterator[str]:
    if diagnosis.ljung_box_reason:
        yield f"Residuals: not tested, {diagnosis.ljung_box_reason}."
        return
    p, textbook_p = diagnosis.ljung_box_noise_p, diagnosis.ljung_box_p
    if p is None or textbook_p is None:
        return
    number = f"(p {_word_p(p)})"
    if p >= NOTABLE_P:
        yield f"Residuals look like noise {number}."
    else:
        yield f"Months still depend on each other {number}: bounds of this model are likely too narrow."
    yield (
        f"  Ljung–Box over {diagnosis.ljung_box_lags} lags, beside noise through the same model; "
        f"by the textbook p {_word_p(textbook_p)}."
    )


def _word_p(p: float) -> str:
    return "below 0.001" if p < 0.001 else f"{p:.3f}" if p < 2 * NOTABLE_P else f"{p:.2f}"


def _largest_lines(diagnosis: Diagnosis) -> Iterator[str]:
    if diagnosis.residuals.is_empty():
        return
    if diagnosis.largest.is_empty():
        yield f"No month stands out (none beyond {STANDS_OUT} deviations)."
        return
    months = [f"{month:%Y-%m} {residual:+.1f}" for month, residual, _ in diagnosis.largest.iter_rows()]
    text = f"Months that stand out, in deviations from what the model expected: {', '.join(months)}."
    yield textwrap.fill(text, WIDTH, subsequent_indent="  ")


def _chart_lines(residuals: pl.DataFrame) -> Iterator[str]:
    """A row per month, the last forty; left of the axis below, right above what the model expected."""
    if residuals.is_empty():
        return
    shown = residuals.tail(CHART_MONTHS)
    yield ""
    if shown.height < residuals.height:
        yield f"  The last {shown.height} of {residuals.height} months:"
    yield f"  month    residual {'below':>{BAR_CELLS}}│above"
    for month, residual in shown.iter_rows():
        cells = "█" * min(round(abs(residual) / BAR_DEVIATIONS * BAR_CELLS), BAR_CELLS)
        if abs(residual) > BAR_DEVIATIONS:
            cells = "◀" + cells[1:] if residual < 0 else cells[:-1] + "▶"
        below, above = (cells, "") if residual < 0 else ("", cells)
        mark = "   stands out" if abs(residual) > STANDS_OUT else ""
        yield f"  {month:%Y-%m}  {residual:>8.2f} {below:>{BAR_CELLS}}│{above:<{BAR_CELLS}}{mark}".rstrip()


def _engine_lines(diagnosis: Diagnosis) -> Iterator[str]:
    volume_title = f"next {diagnosis.horizon_months} months"
    yield f"  {'engine':<16}{'model':<24}{volume_title:>18}   beside {diagnosis.chosen_engine}"
    for engine, model, volume, ratio, reason in diagnosis.engines.iter_rows():
        if volume is None:
            yield f"  {engine:<16}none: {reason}"
            continue
        beside = "the same" if engine == diagnosis.chosen_engine else reason if ratio is None else _word_ratio(ratio, 1)
        yield f"  {engine:<16}{model:<24}{volume:>18,.0f}   {beside}"


def _disagreement_line(diagnosis: Diagnosis) -> str:
    ratio = diagnosis.disagreement_ratio
    if ratio is None:
        return f"ets_select and statsmodels are not compared: {diagnosis.disagreement_reason}."
    if abs(ratio) <= NOTABLE_RATIO:
        return f"statsmodels, searching the same models, agrees with ets_select ({_word_ratio(ratio, 1)})."
    return (
        f"Disagreement: statsmodels, searching the same models, says {_word_ratio(ratio, 0)} beside ets_select.\n"
        "  The months do not settle which model it is: look at the season and the last months first."
    )


def _word_ratio(ratio: float, digits: int) -> str:
    """A share as a signed percentage, without a minus before zero."""
    return f"{round(ratio, digits + 2) + 0.0:+.{digits}%}"
