"""Tables of the stage vintages."""

from warehouse.columns import common, utilisation, vintages
from warehouse.contract import Table

AFTER = "bounds"

FORECAST_VINTAGES = Table(
    "forecast_vintages",
    "vintages",
    "lake",
    "advice × scenario × wlz_uitvoerder × part",
    (
        common.DELIVERY_MONTH,
        common.BUDGET_YEAR,
        common.SCENARIO,
        vintages.ADVICE_ID,
        vintages.ADVICE_STATE,
        vintages.AUTHOR,
        vintages.FROZEN_AT,
        common.WLZ_UITVOERDER,
        common.PART,
        utilisation.EXPECTED_EXCL_EXTRA_EUR,
        utilisation.EXPECTED_EUR,
        utilisation.BUDGET_EUR,
        utilisation.AVAILABLE_EUR,
        *common.BOUNDS_EUR,
        vintages.CLAIMS_DELIVERY_ID,
        vintages.CODE_VERSION,
        vintages.INPUTS_HASH,
    ),
    ("scenario", "advice_id", "wlz_uitvoerder", "part"),
    "Every advice ever made: of each delivery month the last computation (current) and those a person froze (final), "
    "beside each other. Landelijk is the total.",
    nullable=frozenset({"author", "frozen_at", *(column.name for column in common.BOUNDS_EUR)}),
    published=True,
    spans_months=True,
)
REALISATION = Table(
    "realisation",
    "vintages",
    "lake",
    "settled budget year × wlz_uitvoerder × part",
    (common.DELIVERY_MONTH, common.BUDGET_YEAR, common.WLZ_UITVOERDER, common.PART, vintages.REALISED_EUR),
    ("budget_year", "wlz_uitvoerder", "part"),
    "What came of the budget years that are settled by this delivery; Landelijk is the total.",
    nullable=frozenset({"realised_eur"}),
    known_issues=(
        "Crisis beds, meerzorg and late claims are not in it: it stands against the expectation without extra items.",
        "By the uitvoerders of 1 January of the year; empty for one that gained or lost a region within it.",
    ),
    published=True,
    spans_months=True,
)
FORECAST_BRIDGE = Table(
    "forecast_bridge",
    "vintages",
    "lake",
    "wlz_uitvoerder × component",
    (
        common.DELIVERY_MONTH,
        common.BUDGET_YEAR,
        common.SCENARIO,
        vintages.FROM_DELIVERY_MONTH,
        vintages.FROM_SCENARIO,
        common.WLZ_UITVOERDER,
        vintages.COMPONENT,
        vintages.CHANGE_EUR,
        vintages.AVAILABLE_BEFORE_EUR,
        vintages.AVAILABLE_AFTER_EUR,
    ),
    ("scenario", "wlz_uitvoerder", "component"),
    "What moved the available room since the advice before it of the same budget year; the components of an "
    "uitvoerder add up to the difference to the cent. Landelijk is the total.",
    known_issues=(
        "The first advice of a budget year has no rows: there is nothing to compare with.",
        "Between the last computations of both months, not between frozen advices.",
    ),
    published=True,
    spans_months=True,
)
HEADLINE = Table(
    "headline",
    "vintages",
    "lake",
    "advice",
    (
        common.DELIVERY_MONTH,
        common.BUDGET_YEAR,
        common.SCENARIO,
        common.ENGINE,
        vintages.HEADLINE_REASON,
        vintages.CLAIMS_MONTH,
        vintages.CLAIMS_BASIS,
    ),
    ("delivery_month",),
    "The scenario that is shown first, with the engine its volumes come from, and why it is this one; and the month of "
    "the claims it rests on.",
    nullable=frozenset({"claims_month", "claims_basis"}),
    published=True,
)
ADVICE_WITHDRAWALS = Table(
    "advice_withdrawals",
    "vintages",
    "lake",
    "withdrawal of the advice of a delivery month",
    (
        common.DELIVERY_MONTH,
        vintages.ADVICE_ID,
        vintages.WITHDRAWN_AT,
        vintages.WITHDRAWN_BY,
        vintages.WITHDRAWAL_REASON,
        vintages.STANDS_AGAIN_AT,
        vintages.STANDS_AGAIN_BECAUSE,
    ),
    ("withdrawn_at",),
    "Advices that a person took back: who, when and why. Figures and pages stay; while it is withdrawn a month is not "
    "the newest. The advice is the one frozen last, else the delivery month.",
    nullable=frozenset({"stands_again_at", "stands_again_because"}),
    published=True,
    spans_months=True,
)
