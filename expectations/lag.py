"""Rules on how claims come in over time: late, another speed, taken back, a sudden level. Catalogue L02–L14, V02, V03.

In: the findings of `wlz.lag.tables.list_findings` and `wlz.lag.findings.list_more_findings`. Only a sudden level of
much euro blocks: otherwise the months are completed all the same, and the text says how.
"""

from collections.abc import Callable

import polars as pl

from expectations.judging.finding import keep_largest, one_each
from expectations.judging.rule import NO_FINDINGS, Escalation, Rule, TableView

SERIES_MINIMUM = "series_warning_minimum_eur"


def _measure(finding: str, *judged: str, minimum: str = "") -> Callable[[TableView], pl.DataFrame]:
    def measure_findings(view: TableView) -> pl.DataFrame:
        """Findings of this kind in the lag stage, with the euro concerned."""
        mine = view.frame.filter(pl.col("finding") == finding)
        if minimum:
            mine = mine.filter(pl.col("at_stake_eur") >= view.assumptions[minimum])
        figures = ("wording", "numbers", *judged)
        return keep_largest(mine.select("wlz_uitvoerder", "prestatiecode", one_each(), "at_stake_eur", *figures))

    return measure_findings


def _rule(
    check_id: str,
    finding: str,
    severity: str,
    title: str,
    why: str,
    expected: str,
    action: str,
    next_step: str,
    escalation: Escalation | None = None,
    minimum: str = "",
) -> Rule:
    return Rule(
        check_id=check_id,
        title=title,
        why=why,
        kinds=("completed_series",),
        severity=severity,
        metrics=_measure(finding, *([escalation.column] if escalation else []), minimum=minimum),
        expectation=NO_FINDINGS,
        expected=expected,
        action=action,
        next_step=next_step,
        escalation=escalation,
    )


RULES: tuple[Rule, ...] = (
    _rule(
        "L02",
        "late",
        "warn",
        "uitvoerder is late",
        "An uitvoerder that repeats its last delivery looks as if its care had stopped: unnoticed it costs up to 15 % "
        "of the nation, noticed a fraction of a percent.",
        "every uitvoerder up to date: less than a tenth of what is new held back",
        "Its months are completed by the share that is there, and the delivery is left out of the curve",
        "ask the Wlz-uitvoerder for a delivery that is up to date",
    ),
    _rule(
        "L03",
        "speed",
        "warn",
        "uitvoerder bills at another speed",
        "When claims come in faster or slower than they used to, the old curve misjudges the youngest months.",
        "the youngest month as complete as at earlier deliveries, within 3.5 robust deviations",
        "Its curve is moved by as much for the youngest months",
        "ask the Wlz-uitvoerder whether its way of billing changed for good",
    ),
    _rule(
        "L04",
        "caught_up",
        "info",
        "uitvoerder caught up",
        "A delivery with the claims of two months in it would make the curve too fast.",
        "nobody had to catch up",
        "The delivery is used, and left out of the curve of this uitvoerder",
        "nothing; the next delivery counts again",
    ),
    _rule(
        "L05-silent",
        "silent",
        "warn",
        "series fell silent",
        "A code in steady use does not stop at a whole uitvoerder from one month to the next without an end in the "
        "code list: more likely its claims are late.",
        "claims of every series in steady use from € series_warning_minimum_eur, or an end date in the code list",
        "The silent months count as not delivered: what was expected of them is taken",
        "ask the Wlz-uitvoerder, or put the end of the code into validity.csv of the pack",
        minimum=SERIES_MINIMUM,
    ),
    _rule(
        "L05-family",
        "handed_over",
        "warn",
        "a code went on under another",
        "A code that stops where another of its group begins is one series under two names: imputed and counted beside "
        "the new one, its care would count twice.",
        "no code that stops where another begins, or one that the list of codes names as its successor",
        "Nothing is imputed for the old code, and its history goes on under the new ones by their share",
        "wlz reference confirm PACK OLD NEW --share …, or ask the Wlz-uitvoerder where the care went",
    ),
    _rule(
        "L06",
        "drift",
        "warn",
        "completeness drifts",
        "Link ratios that move for three deliveries in a row are a curve that is changing.",
        "mean of the last three link ratios within 3 standard errors of the nine before, few deliveries allowed for",
        "The curve is used as it is",
        "look at marts.lag_curve, columns drift_ratio and drift_t_ratio",
    ),
    _rule(
        "L07",
        "range",
        "warn",
        "completeness out of range",
        "A curve below 0.02 or above 1.05 multiplies noise.",
        "completeness between 0.02 and 1.05 at every lag",
        "The curve of the uitvoerder is used for the group",
        "look at the group in marts.lag_curve",
    ),
    _rule(
        "L08",
        "late_change",
        "warn",
        "closed month changed",
        "Months of over a year ago stand still; when they move, so do the na-ijl and every comparison with last year.",
        "closed months of a series within 0.1 % of the delivery before, or within 3.5 usual changes of it",
        "The new amounts are used, also in the na-ijl and the history forecast from",
        "ask the Wlz-uitvoerder what was settled or corrected, and whether more will follow",
    ),
    _rule(
        "L10",
        "calendar",
        "info",
        "link ratios are not independent",
        "The chain ladder takes link ratios for independent of each other and of the delivery (Mack 1994). Where they "
        "are not its standard error is too small; half of all triangles lie outside the range of T by chance.",
        "Z within its 95 % range and T within its 50 % range",
        "Nothing was changed: bounds of a run rest on measured errors, not on Mack's",
        "do not use the standard error of wlz complete --method mack for these; a low Z is worth asking about",
    ),
    _rule(
        "L11",
        "cover",
        "warn",
        "intervals of completed months too narrow",
        "An interval that seldom holds what comes out makes the year look surer than it is.",
        "at least 80 % of the months completed at the last six deliveries in their 95 % interval, or intervals of the "
        "three youngest that lack less than € series_warning_minimum_eur on a side",
        "The intervals are used as they are",
        "widen the interval by the factor named, or change the lag method; see marts.revision_statistics",
        minimum=SERIES_MINIMUM,
    ),
    _rule(
        "L14",
        "moved_level",
        "warn",
        "most of an uitvoerder left its level",
        "What moves in the youngest months of nearly all prestaties of an uitvoerder at once is seldom care, and a "
        "forecast takes it for the level of the year.",
        "sudden levels (V03-level) to one side in at most half of the euro of an uitvoerder, or in fewer than five of "
        "its prestaties",
        "The months are completed and forecast from as they are",
        "ask the Wlz-uitvoerder what changed; rest the advice on the delivery before until it is known",
    ),
    _rule(
        "V02",
        "fall",
        "warn",
        "months fell since the last delivery",
        "Corrections take back a little of most months; a lot of it at once is a reversal, or rows that were lost.",
        "months of a lag of 3 to 12 at most 5 %, or 3.5 usual falls of the series, below the delivery before",
        "The lower amounts are used",
        "ask the Wlz-uitvoerder whether the months were corrected or rows are missing",
    ),
    _rule(
        "V03-level",
        "sudden_level",
        "warn",
        "sudden level",
        "A month far from the three before it is seldom care: claims in another unit, counted twice, or not sent.",
        "the months of a lag of 1 and 2 within 3.5 robust deviations of what the series does, per day of care",
        "The month is completed and forecast from as it is",
        "ask the Wlz-uitvoerder; look at it with wlz explain PRESTATIECODE/UITVOERDER",
        Escalation("national_ratio", "sudden_level_block_ratio"),
    ),
)
