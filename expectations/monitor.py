"""Rules on single providers that are late with their claims (L12), and which ones the rules on claims call wrong.

They judge the table ``monitor_provider``, internal as it is: providers are named to those who run the pipeline, in no
alert and on no published page. A provider with wrong units or prices is told by its own check; here it is marked.
"""

import polars as pl

from expectations import claim_prices
from expectations.judging.finding import CLEAN, PROVIDER, keep_largest, one_each
from expectations.judging.results import USED
from expectations.judging.rule import NO_FINDINGS, Rule, TableView
from wlz.monitor import WRONG_SCHEMA

CLAIM_CHECKS = tuple(rule.check_id for rule in claim_prices.RULES)


def find_wrong_providers(findings: pl.DataFrame, delivery_id: str) -> pl.DataFrame:
    """Providers that the checks on units and prices of one claims delivery are about.

    In: CHECK_FINDINGS. Out: a row per finding (WRONG_SCHEMA). Findings beyond the 20 largest of a check are counted
    there without a name, so they are not here.
    """
    of_delivery = findings.filter(pl.col("check_id").is_in(CLAIM_CHECKS), pl.col("delivery_id") == delivery_id)
    return of_delivery.drop_nulls("agb_code").select(pl.col(name).cast(dtype) for name, dtype in WRONG_SCHEMA.items())


def measure_late_providers(view: TableView) -> pl.DataFrame:
    """Providers late at a zorgkantoor: less than ``provider_late_ratio`` of what was expected of them came in.

    The euro is what their absence hides. Late is told apart from slow: see the method (monitor).
    """
    return keep_largest(_late_findings(view.frame, 0.0), _clean(view.frame), providers_count=view.frame.height)


def measure_large_absences(view: TableView) -> pl.DataFrame:
    """Late providers whose absence hides more than ``provider_hidden_warn_eur`` at a zorgkantoor.

    They are among those of L12 too, which tells every late provider and warns of none.
    """
    found = _late_findings(view.frame, view.assumptions["provider_hidden_warn_eur"])
    return keep_largest(found, _clean(view.frame), providers_count=view.frame.height)


def _clean(monitor: pl.DataFrame) -> str:
    return "no_provider" if monitor.is_empty() else CLEAN


def _late_findings(monitor: pl.DataFrame, above_eur: float) -> pl.DataFrame:
    late = monitor.filter(
        pl.col("provider_flag").str.starts_with("late").fill_null(False), pl.col("hidden_eur") > above_eur
    )
    figures = ("came_in_eur", "expected_in_eur", "last_care_month", "late_months", "zorgkantoor_share_ratio")
    at_stake = pl.col("hidden_eur").cast(pl.Float64).alias("at_stake_eur")
    return late.select(*PROVIDER, one_each(), at_stake, "hidden_eur", *figures)


_WHY = "Claims that a provider did not send look like care that was not given, in the year and in the monthly figures."
_ACTION = f"{USED}; the curve of the uitvoerder is not corrected for one provider"
_NEXT = "ask the Wlz-uitvoerder when the provider sends its claims; look at marts.monitor_provider"
RULES = (
    Rule(
        check_id="L12",
        title="late provider",
        why=_WHY,
        kinds=("monitor_provider",),
        severity="info",
        metrics=measure_late_providers,
        expectation=NO_FINDINGS,
        expected="of every provider at least provider_late_ratio of what is usual at this delivery",
        cause="claims of the month that were not sent, or sent and not yet approved",
        action=_ACTION,
        next_step=_NEXT,
    ),
    Rule(
        check_id="L12-large",
        title="late provider hides a large amount",
        why=_WHY,
        kinds=("monitor_provider",),
        severity="warn",
        metrics=measure_large_absences,
        expectation=NO_FINDINGS,
        expected="no provider whose absence hides more than € provider_hidden_warn_eur",
        cause="claims of the month that were not sent, or sent and not yet approved",
        action=_ACTION,
        next_step=_NEXT,
    ),
)
