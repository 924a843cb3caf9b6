"""Rules on how claims come in over time: late, catching up, another speed, a changing curve. Catalogue L02–L07.

In: the findings of `wlz.lag_tables.list_findings`. None blocks: the months are completed all the same, and the text
says how.
"""

from collections.abc import Callable

import polars as pl

from expectations.rules import NO_FINDINGS, Rule, TableView, keep_largest


def _measure(finding: str, clean: str) -> Callable[[TableView], pl.DataFrame]:
    def measure_findings(view: TableView) -> pl.DataFrame:
        """Findings of this kind in the lag stage, with the euro concerned."""
        mine = view.frame.filter(pl.col("finding") == finding)
        one = pl.lit(1, dtype=pl.Int64).alias("findings_count")
        return keep_largest(mine.select("observed", one, "at_stake_eur"), clean)

    return measure_findings


def _rule(
    check_id: str, finding: str, severity: str, title: str, why: str, expected: str, action: str, next_step: str
) -> Rule:
    return Rule(
        check_id=check_id,
        title=title,
        why=why,
        kinds=("completed_series",),
        severity=severity,
        metrics=_measure(finding, "none found"),
        expectation=NO_FINDINGS,
        expected=expected,
        action=action,
        next_step=next_step,
    )


RULES: tuple[Rule, ...] = (
    _rule(
        "L02",
        "late",
        "warn",
        "uitvoerder is late",
        "An uitvoerder that repeats its last delivery looks as if its care had stopped: unnoticed it costs up to 15 % "
        "of the nation, noticed a fraction of a percent.",
        "every uitvoerder up to date: at least half of what normally comes in",
        "Its months are completed with the lag of its last own delivery, and the delivery is left out of the curve",
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
        "claims of every series in steady use, or an end date in the code list",
        "The silent months count as not delivered: what was expected of them is taken",
        "ask the Wlz-uitvoerder, or put the end of the code into reference/prestaties.csv",
    ),
    _rule(
        "L06",
        "drift",
        "warn",
        "completeness drifts",
        "Link ratios that move for three deliveries in a row are a curve that is changing.",
        "mean of the last three link ratios within 3 standard errors of the nine before",
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
)
