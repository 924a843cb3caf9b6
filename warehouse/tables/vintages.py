"""Tables of the stage vintages."""

from warehouse.columns import common as c
from warehouse.columns import utilisation as u
from warehouse.columns import vintages as v
from warehouse.contract import Table

FORECAST_VINTAGES = Table(
    "forecast_vintages",
    "vintages",
    "lake",
    "advice × scenario × wlz_uitvoerder × part",
    (
        c.DELIVERY_MONTH,
        c.BUDGET_YEAR,
        c.SCENARIO,
        v.ADVICE_ID,
        v.ADVICE_STATE,
        v.AUTHOR,
        v.FROZEN_AT,
        c.WLZ_UITVOERDER,
        c.PART,
        u.EXPECTED_EXCL_EXTRA_EUR,
        u.EXPECTED_EUR,
        u.BUDGET_EUR,
        u.AVAILABLE_EUR,
        *c.BOUNDS_EUR,
        v.CLAIMS_DELIVERY_ID,
        v.CODE_VERSION,
        v.INPUTS_HASH,
    ),
    ("scenario", "advice_id", "wlz_uitvoerder", "part"),
    "Every advice ever made: of each delivery month the last computation (current) and those a person froze (final), "
    "beside each other. Landelijk is the total.",
    nullable=frozenset({"author", "frozen_at", *(column.name for column in c.BOUNDS_EUR)}),
)
REALISATION = Table(
    "realisation",
    "vintages",
    "lake",
    "settled budget year × wlz_uitvoerder × part",
    (c.DELIVERY_MONTH, c.BUDGET_YEAR, c.WLZ_UITVOERDER, c.PART, v.REALISED_EUR),
    ("budget_year", "wlz_uitvoerder", "part"),
    "What came of the budget years that are settled by this delivery; Landelijk is the total.",
    nullable=frozenset({"realised_eur"}),
    known_issues=(
        "Crisis beds, meerzorg and late claims are not in it: it stands against the expectation without extra items.",
    ),
)
