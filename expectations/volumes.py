"""Rules on the volume forecast. They judge a stage's table, not a delivery."""

from collections.abc import Callable

import polars as pl

from expectations.judging.finding import keep_largest, one_each
from expectations.judging.rule import NO_FINDINGS, ExpectationSpec, Rule, TableView
from wlz.forecasting.one_panel import SET_ASIDE_FLAGS

# Twelve seasonal models on 36 months stop elsewhere in every program; above 10 % somebody should look.
MAX_DIFFERENCE_RATIO = 0.10
SERIES = ("wlz_uitvoerder", "prestatiecode")


def measure_disagreement(view: TableView) -> pl.DataFrame:
    """Sampled series with the yearly sum of our engine and of statsmodels; series without a refit are left out."""
    refitted = view.frame.filter(pl.col("difference_ratio").is_not_null())
    measured = refitted.select(
        *SERIES,
        one_each(),
        pl.lit(None, dtype=pl.Float64).alias("at_stake_eur"),
        "forecast_volume_year",
        "check_volume_year",
        (100 * pl.col("difference_ratio")).round(1).alias("difference_percent"),
        pl.col("difference_ratio").abs().alias("disagreement_ratio"),
    )
    return keep_largest(measured) if measured.is_empty() else measured


def measure_unforecast_claims(view: TableView) -> pl.DataFrame:
    """Series with claims in the budget year for which the forecast has nothing: new codes, or codes taken for ended."""
    at_stake = pl.col("declared_amount_eur").cast(pl.Float64).alias("at_stake_eur")
    return keep_largest(view.frame.select(*SERIES, one_each(), at_stake, "declared_amount_eur"))


YEARS = ("expected_eur", "last_year_eur")
LAST_MONTH = ("declared_volume", "set_aside_month", "taken_volume")

CLAIM_RULES = (
    Rule(
        check_id="V05",
        title="claims without a forecast",
        why="A code that began this year is not in the months that are forecast from; its euro is in no expectation.",
        kinds=("revenue",),
        severity="warn",
        metrics=measure_unforecast_claims,
        expectation=NO_FINDINGS,
        expected="a forecast for every series that is claimed in the budget year",
        cause="a new or replacing code, or an end date in the code list that is too early",
        action="The claims so far are in declared_to_date, and nothing of them in the expectation",
        next_step="look at the successor in the code list; the year will cost more than what is claimed so far",
    ),
)


MOST_LACKING_RATIO = 0.1  # of last year: below it a family shrank, or grew less than the letter sees


def measure_not_followed(view: TableView) -> pl.DataFrame:
    """Codes that ended of which a scenario lacks more than a tenth of last year, above ``forecast_jump_minimum_eur``.

    In: ``list_not_followed``. The euro is what the year lacks.
    """
    lacking = view.frame.filter(
        pl.col("lacks_ratio") > MOST_LACKING_RATIO, pl.col("lacks_eur") > view.assumptions["forecast_jump_minimum_eur"]
    )
    at_stake = pl.col("lacks_eur").alias("at_stake_eur")
    return keep_largest(lacking.select(*SERIES, one_each(), at_stake, "scenario", "last_year_eur"))


ENDED_RULES = (
    Rule(
        check_id="V05-ended",
        title="ended codes that a scenario does not follow",
        why="The letter forecasts each code by itself: one that ended is 0, and what takes over has no history yet.",
        kinds=("revenue",),
        severity="warn",
        metrics=measure_not_followed,
        expectation=NO_FINDINGS,
        expected="in every scenario what was claimed last year of codes that ended, or of those that follow them",
        cause="a code that ended on 31 December or later, in scenario letter",
        action="The scenario is computed by its method, and its year is too low by this",
        next_step="read completed or base, which follow the list and the claims; do not compare letter over that year",
    ),
)


def measure_flags(
    *flags: str, assumption: str = "", ends_with: str = "years", figures: tuple[str, ...] = YEARS
) -> Callable[[TableView], pl.DataFrame]:
    """A measure of the series that carry one of these flags, and the euro of that assumption, largest first.

    The sentence: series, flag, and the part ``ends_with``, filled with the ``figures``.
    """

    def measure(view: TableView) -> pl.DataFrame:
        minimum_eur = view.assumptions[assumption] if assumption else 0.0
        found = view.frame.filter(pl.col("flag").is_in(flags), pl.col("at_stake_eur") >= minimum_eur)
        wording = pl.format("found {} {}", "flag", pl.lit(ends_with)).alias("wording")
        return keep_largest(found.select(*SERIES, one_each(), "at_stake_eur", wording, "flag", *figures))

    return measure


FLAG_RULES = (
    Rule(
        check_id="V03",
        title="last month set aside",
        why="An incomplete last month is the largest single risk of a forecast; one that is too high the second.",
        kinds=("revenue",),
        severity="warn",
        metrics=measure_flags(
            *SET_ASIDE_FLAGS, assumption="series_warning_minimum_eur", ends_with="taken", figures=LAST_MONTH
        ),
        expectation=NO_FINDINGS,
        expected="a last month between 0.7 and 1.5 times what the months before it lead to expect, "
        "or less than € series_warning_minimum_eur away from it",
        cause="claims of the month that are not in yet, or claimed twice",
        action="Outside scenario letter the month counts as what was expected of it",
        next_step="ask the uitvoerder; an override with a reason takes the month as it is",
    ),
    Rule(
        check_id="V04",
        title="level shift kept",
        why="Three months or more at another level are a new level or a lasting fault; about half goes back in a year.",
        kinds=("revenue",),
        severity="warn",
        metrics=measure_flags("level_shift", assumption="forecast_jump_minimum_eur"),
        expectation=NO_FINDINGS,
        expected="months within half of the same months a year before, growth apart, above € forecast_jump_minimum_eur",
        cause="a change of policy or coding, or care moved to another code",
        action="Nothing was changed",
        next_step="look at it with wlz explain PRESTATIECODE/UITVOERDER; override it with a reason if that is known",
    ),
    Rule(
        check_id="F01",
        title="forecast jump",
        why="A year outside half and double the one before needs somebody who knows why.",
        kinds=("revenue",),
        severity="warn",
        metrics=measure_flags("growth_outside", assumption="forecast_jump_minimum_eur"),
        expectation=NO_FINDINGS,
        expected="an expected year between × 0.5 and × 2 of the year before, above € forecast_jump_minimum_eur",
        cause="a code that began or stopped last year, or a fault in its claims",
        action="Outside scenario letter the year is held at the nearer end where the year before is known",
        next_step="give an override with a reason in the assumptions file if the jump is real",
    ),
    Rule(
        check_id="V06",
        title="series forecast by a rule",
        why="Codes that ended, were replaced, are short or rarely used are not for a model; their euro should be seen.",
        kinds=("revenue",),
        severity="info",
        metrics=measure_flags("ended", "replaced", "short", "intermittent"),
        expectation=NO_FINDINGS,
        expected="series long enough for a model",
        cause="changes in the code list",
        action="Ended codes are 0, a successor takes over its predecessor's months, the others take a mean",
        next_step="nothing, unless a code did not end",
    ),
)


def measure_advice_moves(view: TableView) -> pl.DataFrame:
    """Expectations of the year outside the 95 % band of the advice before, per uitvoerder and for the nation.

    In: ``advice_moves.list_advice_moves``. The euro of the nation is what the uitvoerders named leave of its move.
    """
    is_nation = pl.col("wlz_uitvoerder").is_null()
    wording = pl.when(is_nation).then(pl.lit("nation moved")).otherwise(pl.lit("found moved")).alias("wording")
    return keep_largest(view.frame.with_columns(one_each(), wording))


ADVICE_RULES = (
    Rule(
        check_id="F01-advice",
        title="advice left its own band",
        why="A band of 95 % should hold the next advice too; when it does not, something other than chance moved.",
        kinds=("forecast_vintages",),
        severity="warn",
        metrics=measure_advice_moves,
        expectation=NO_FINDINGS,
        expected="an expected year within the 95 % band of the advice before it, of the same budget year and scenario",
        cause="claims delivered wrong now or then, a new price or code, or an assumption that was changed",
        action="The new expectation is published",
        next_step="see marts.forecast_bridge for what moved, and explain it in the advice",
    ),
)

RULES = (
    Rule(
        check_id="F02",
        title="engines disagree",
        why="The same model form, estimated by an independent program, should say about the same.",
        kinds=("volume_check",),
        severity="info",
        metrics=measure_disagreement,
        expectation=ExpectationSpec(
            "ExpectColumnValuesToBeBetween", {"column": "disagreement_ratio", "max_value": MAX_DIFFERENCE_RATIO}
        ),
        expected=f"yearly sums within {MAX_DIFFERENCE_RATIO:.0%} of each other",
        action="The forecast is used",
        next_step="look at the series with wlz explain PRESTATIECODE/UITVOERDER",
    ),
)
