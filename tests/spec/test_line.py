"""The line: its rows fit together, a stage is handed what it says it reads, and only what is asked for is computed."""

from datetime import date

import polars as pl
import pytest

from tests.spec.small_round import MAY, claims, kader, known_of
from warehouse import registry
from warehouse.contract import ContractError
from warehouse.lake import settle_tables
from wlz.advice import LINE, STAGES, TABLES, compute_advice, compute_stage, needed_for, tables_read
from wlz.known.headline import choose_headline, keep_possible, without_completion
from wlz.known.scenarios import Scenario
from wlz.known.stages import Computed, Stage
from wlz.words.faults import NoDataError

LETTER = Scenario("letter", "the method of the letter", "ets_select", None, 0.0, False)
COMPLETED = Scenario("completed", "months completed", "ets_average", None, 0.0, False, completes_lag=True)
BASE = Scenario("base", "rules of ours", "combined", None, 0.0, False)
HIGH = Scenario("high", "one per cent more", "", "base", 0.01, False)


def test_every_row_reads_what_stands_before_it():
    """Deliveries by kind, or tables of rows above: the line can be read from top to bottom."""
    known = set(registry.deliveries())
    for stage in LINE:
        assert stage.reads, f"{stage.name} rests on nothing: a refused delivery would not stop it"
        assert set(stage.reads) <= known, stage.name
        known |= set(stage.writes)


def test_every_table_has_one_writer_and_a_contract():
    assert len(TABLES) == len(set(TABLES))
    assert set(TABLES) <= set(registry.lake())
    assert [stage.name for stage in LINE] == list(STAGES)


def test_a_stage_is_handed_what_it_reads_and_nothing_else():
    seen = {}

    def run(known, tables):
        seen.update(tables)
        return Computed({"prices": pl.DataFrame()})

    tables = {"series": pl.DataFrame({"a": [1]}), "volumes": pl.DataFrame({"b": [2]})}
    compute_stage(Stage("prices", "prices", ("series", "herschikking"), ("prices",), run), None, tables)
    assert list(seen) == ["series"]


def test_only_what_a_stage_rests_on_is_computed():
    assert [stage.name for stage in needed_for(["series"])] == ["claim_unit_corrections", "series_region", "series"]
    assert [stage.name for stage in needed_for(["pgb"])] == ["pgb"]
    revenue = [stage.name for stage in needed_for(["revenue"], given=["series_region", "backtest"])]
    assert revenue == ["series", "completed_series", "volumes", "prices", "revenue"]
    assert needed_for([stage.name for stage in LINE]) == list(LINE)


def test_what_is_computed_in_memory_has_the_form_of_its_table():
    """Two series of one region, 1,000 and 500 units a month at € 2 and € 4: 12 months of both are the year."""
    known = known_of({"declaraties": claims({"Z025": (1000.0, 2.0), "Z041": (500.0, 4.0)})}, [LETTER])
    advice = compute_advice(known, settle_tables(known), ["series"])
    for name in ("claim_unit_corrections", "series_region", "series"):
        assert advice[name].schema == registry.lake()[name].schema
    of_2017 = advice["series"].filter(pl.col("care_month").dt.year() == 2017)
    assert float(of_2017["declared_amount_eur"].sum()) == 12 * (1000 * 2 + 500 * 4)
    assert of_2017["declared_volume"].sum() == 12 * (1000 + 500)


def test_a_given_table_is_taken_as_it_is():
    known = known_of({}, [LETTER])
    full = known_of({"declaraties": claims({"Z025": (1000.0, 2.0)})}, [LETTER])
    region = compute_advice(full, settle_tables(full), ["series_region"])["series_region"]
    alone = compute_advice(known, settle_tables(known), ["series"], {"series_region": region})
    assert alone["series"].equals(compute_advice(full, settle_tables(full), ["series"])["series"])


def test_without_claims_the_line_says_what_is_missing():
    known = known_of({"kader": kader({"5501": 1_000_000})}, [LETTER])
    with pytest.raises(NoDataError, match="declaraties"):
        compute_advice(known, settle_tables(known), ["series"])


def test_tables_read_are_those_of_the_line():
    assert tables_read(STAGES["pgb"]) == []
    assert tables_read(STAGES["revenue"]) == ["series", "volumes", "prices"]


@pytest.mark.parametrize(
    ("scenarios", "wanted", "name", "engine", "reason"),
    [
        ([LETTER, BASE, COMPLETED], "", "completed", "ets_average", "its months are completed for lag"),
        ([LETTER, BASE, COMPLETED], "letter", "letter", "ets_select", "named by the round"),
        ([LETTER, BASE, COMPLETED], "high", "completed", "ets_average",
         "its months are completed for lag; high, named by the round, is not computed"),
        ([BASE, LETTER], "", "letter", "ets_select", "the method of the letter"),
        ([BASE, HIGH], "high", "high", "combined", "named by the round"),
        ([BASE], "", "base", "combined", "the first one computed"),
    ],
)  # fmt: skip
def test_the_headline_is_chosen_once(scenarios, wanted, name, engine, reason):
    """The one the round names, else completed, else letter, else the first; with the engine its volumes come from."""
    assert choose_headline(scenarios, wanted) == (name, engine, reason)


def test_a_scenario_without_its_deliveries_is_left_out():
    indications = LETTER._replace(name="indications", on="letter", engine="", uses_indications=True)
    asked = [LETTER, COMPLETED, indications]
    assert keep_possible(asked, has_indications=False, completes=False) == [LETTER]
    assert keep_possible(asked, has_indications=True, completes=True) == asked
    with pytest.raises(NoDataError, match="run scenario letter"):
        keep_possible([COMPLETED], has_indications=True, completes=False)


def test_why_months_are_not_completed():
    one = [date(2017, 12, 1), MAY]
    assert without_completion([LETTER], "letter", one, 2018, None) is None
    told = without_completion([LETTER, COMPLETED], "letter", one, 2018, None)
    assert told is not None
    assert told.endswith("it needs two claims deliveries of 2018, found 1.")
    absent = without_completion([COMPLETED], "letter", one, 2018, "zorgkantoor 5507")
    assert absent is not None
    assert absent.endswith("needs the claims of every zorgkantoor, and check L01 found zorgkantoor 5507.")


def test_what_a_round_shows_first_changes_no_check():
    """Rules judge completed, else letter: V05 was new in May, whose round names letter, and "solved" in June."""
    for wanted in ("", "letter", "base"):
        both = known_of({}, [LETTER, BASE, COMPLETED], headline=choose_headline([LETTER, BASE, COMPLETED], wanted))
        assert both.judged_first == "completed"
    assert known_of({}, [LETTER, BASE], headline=choose_headline([LETTER, BASE], "base")).judged_first == "letter"


def test_what_is_handed_over_by_mistake_is_named():
    """In memory as in a run: a sentence that says what to mend, not an error from below."""
    deliveries = {"declaraties": claims({"Z025": (100, 10.0)}), "kader": kader({"5501": 50_000})}
    with pytest.raises(ContractError, match="no kind of delivery 'claims'; there are declaraties, herschikking"):
        known_of(deliveries | {"claims": deliveries["kader"]}, [LETTER])
    with pytest.raises(NoDataError, match="no scenario was handed over"):
        known_of(deliveries, [])
    with pytest.raises(NoDataError, match="scenario completed learns from snapshots"):
        known_of(deliveries, [LETTER, COMPLETED]).snapshots()
    known = known_of(deliveries, [LETTER])
    with pytest.raises(ValueError, match="no stage serie; there are claim_unit_corrections, series_region"):
        compute_advice(known, settle_tables(known), "serie")
    assert set(STAGES["series"].writes) <= set(compute_advice(known, settle_tables(known), "series"))
    with pytest.raises(NoDataError, match=r"no delivery of pgb_verleningen was handed over\. Next: add it"):
        known.need("pgb_verleningen")
