"""Codes of the simulated world: real ones as the list has them, invented ones begin with Q, what ends is taken over."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from simulation import agreements, budgets, claims, simulate_deliveries
from simulation.claims import STAY_RATIO, Claims
from simulation.kinds import KINDS, build_file
from simulation.reference import load_simulation_reference
from simulation.run import prepare
from simulation.world import SECTORS
from warehouse import reference
from warehouse.packs import REAL, SIMULATED, load_pack, load_reference
from wlz.words.months import list_months

LETTER, SMALL = (load_simulation_reference(scale) for scale in ("letter", "small"))
MOST_DIFFERENCE = 0.05  # of the walks of two codes over a year
LISTS = {name: load_reference(load_pack(name), 2018, date(2018, 1, 1)).prestaties for name in (REAL, SIMULATED)}
INVENTED = pl.col("prestatiecode").str.starts_with("Q")
FAMILIES = (
    (("H894", "H895"), ("H881", "H882", "H883", "H884", "H885"), 2019),
    (("ZMZTK", "ZMZTL"), ("ZMZ01",), 2019),
    (("H905",), ("H906",), 2019),
    (("Q105",), ("Q106",), 2017),
    (("Q948",), ("Q949",), 2017),
    (("Q115",), ("Q116",), 2018),
    (("Q205",), ("Q206",), 2018),
)


@pytest.fixture(scope="module")
def letter() -> Claims:
    return prepare(LETTER, until=date(2019, 12, 1))


def yearly_volume(claims: Claims, codes: tuple[str, ...], year: int) -> float:
    cells = np.isin(claims.world.prestaties["prestatiecode"].to_numpy()[claims.world.cell_prestatie], codes)
    months = [number for number, month in enumerate(claims.months) if month.year == year]
    return float(claims.final[np.ix_(cells, months)].sum())


def test_the_real_codes_are_those_of_the_real_list() -> None:
    """All of them, word for word; what the simulation adds begins with Q, and no real code does."""
    assert LISTS[SIMULATED].filter(~INVENTED).equals(LISTS[REAL])
    assert LISTS[REAL].filter(INVENTED).is_empty()
    invented = LISTS[SIMULATED].filter(INVENTED)
    assert invented.height == LISTS[SIMULATED].height - 480 > 0
    assert set(invented["trust"]) == {"simulated"}
    assert set(LISTS[REAL]["trust"]) & {"simulated"} == set()


def test_every_simulated_code_is_in_the_list_with_its_unit() -> None:
    """Tariffs are in the unit of the claims, or per hour where those are in minutes."""
    joined = LETTER.profiles.join(LISTS[SIMULATED].drop("sector"), on="prestatiecode", how="left")
    assert joined["unit_code"].null_count() == 0
    assert LETTER.profiles["prestatiecode"].is_unique().all()
    assert 290 <= joined.height <= 310
    other = joined.filter(pl.col("tariff_unit_code") != pl.col("unit_code")).select("tariff_unit_code", "unit_code")
    assert set(other.rows()) == {("04", "01"), ("04", "07")}
    assert set(joined["sector"]) == set(SECTORS)
    assert set(joined["leveringsvorm"]) <= set(STAY_RATIO)


def test_what_takes_over_has_no_size_of_its_own() -> None:
    takes_over = LETTER.profiles.filter(pl.col("prestatiecode").is_in(LETTER.take_overs["successor"].implode()))
    assert takes_over["revenue_weight"].sum() == 0
    assert takes_over.height == 11


def test_shares_of_a_family_add_up_to_one() -> None:
    """The list names the family and no share: ours are kept apart from it."""
    own = reference.read_reference("simulation/take_overs.csv")
    assert own.group_by("prestatiecode").agg(pl.col("share").sum().round(9))["share"].to_list() == [1.0, 1.0]
    proposed = reference.read_list(load_pack(SIMULATED).path("successors.csv")).filter(state="proposed")
    assert own.join(proposed, on=["prestatiecode", "successor"], how="anti").is_empty()
    assert proposed["share"].null_count() == proposed.height


@pytest.mark.parametrize("scale", ["small", "letter"])
def test_no_claim_is_outside_the_time_of_its_code(scale: str) -> None:
    """Ends are those of the list; a beginning counts for invented codes and for those that take over."""
    given = {"small": SMALL, "letter": LETTER}[scale]
    claims = prepare(given, scale=scale, until=date(2019, 12, 1))
    codes = claims.world.prestaties["prestatiecode"]
    begins = set(given.take_overs["successor"]) | {code for code in codes if code.startswith("Q")}
    listed = {row["prestatiecode"]: row for row in LISTS[SIMULATED].to_dicts()}
    cells, columns = np.nonzero(claims.final)
    seen = pl.DataFrame({"code": codes.gather(claims.world.cell_prestatie[cells]), "month": columns})
    for code, first, last in seen.group_by("code").agg(pl.min("month"), pl.max("month").alias("last")).iter_rows():
        assert listed[code]["valid_to"] is None or claims.months[last] <= listed[code]["valid_to"], code
        assert code not in begins or claims.months[first] >= listed[code]["valid_from"], code
    assert {"ZMZTL", "ZMZ01"} <= set(seen["code"])


def test_delivered_claims_hold_no_code_that_ended() -> None:
    files = simulate_deliveries(SMALL, scale="small", until=date(2019, 6, 1))
    *_, last = (file for file in files if file.kind == "declaraties")
    joined = last.frame.join(LISTS[SIMULATED], on="prestatiecode", how="left")
    assert joined["unit_code"].null_count() == 0
    assert joined.filter(pl.col("eenheid") != pl.col("unit_code")).is_empty()
    months = (pl.col("zorgmaand") + "-01").str.to_date()
    assert joined.filter(months > pl.col("valid_to")).is_empty()
    assert joined.filter(prestatiecode="ZMZ01")["zorgmaand"].min() == "2019-01"


@pytest.mark.parametrize(("old", "new", "year"), FAMILIES)
def test_a_family_hands_over_its_volume(letter: Claims, old: tuple[str, ...], new: tuple[str, ...], year: int) -> None:
    """At once, by share: the year after as much as the year before, but for growth and the walk of the series."""
    before, after = yearly_volume(letter, old, year - 1), yearly_volume(letter, new, year)
    assert yearly_volume(letter, old, year) == yearly_volume(letter, new, year - 1) == 0
    assert before > 0
    assert after / before == pytest.approx(usual_growth(letter, (*old, *new), year), rel=MOST_DIFFERENCE)


def usual_growth(claims: Claims, codes: tuple[str, ...], year: int) -> float:
    """Of the family's own growth, and the median of what other codes of its form and sector grew beside theirs."""
    listed = claims.world.prestaties
    mine = listed.filter(pl.col("prestatiecode").is_in(codes))
    steady = (pl.col("valid_from") == date(2015, 1, 1)) & pl.col("valid_to").is_null()
    peers = listed.filter(steady).join(mine, on=["leveringsvorm", "sector"], how="semi")
    grown = [
        yearly_volume(claims, (code,), year) / yearly_volume(claims, (code,), year - 1) / growth
        for code, growth in peers.select("prestatiecode", "yearly_growth_ratio").iter_rows()
    ]
    return float(np.median(grown or [1.0])) * float(mine["yearly_growth_ratio"].to_numpy().mean())


def test_the_providers_stay_the_same(letter: Claims) -> None:
    world = letter.world
    code = world.prestaties["prestatiecode"].to_numpy()[world.cell_prestatie]
    for old, new, _ in FAMILIES:
        who = [
            set(zip(world.cell_area[hit], world.cell_provider[hit], strict=True))
            for hit in (np.isin(code, old), np.isin(code, new))
        ]
        assert who[0] == who[1], new


def test_no_two_kinds_draw_the_same_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kind that is new or that draws otherwise leaves the others as they are. What is said twice is drawn once."""
    drawn_claims = prepare(SMALL, scale="small", until=date(2019, 12, 1))
    drawn: dict[str, set[tuple[int, ...]]] = {}
    for kind, one in KINDS.items():
        asked: list[tuple[int, ...]] = []
        for module in (agreements, budgets, claims):
            real = module.stream

            def listen(seed, subject, *moment, real=real, asked=asked):
                asked.append((int(subject), *moment))
                return real(seed, subject, *moment)

            monkeypatch.setattr(module, "stream", listen)
        for month in list_months(date(2017, 1, 1), date(2019, 12, 1)):
            if one.is_due(month):
                build_file(drawn_claims, month, kind)
        monkeypatch.undo()
        drawn[kind] = set(asked)
    said_twice = [{"herschikking", "nacalculatie", "nacalculatie_totaal"}, {"kader", "overhevelingen"}]
    for one_kind in drawn:
        for other in drawn:
            if one_kind < other and not any({one_kind, other} <= pair for pair in said_twice):
                assert not drawn[one_kind] & drawn[other], (one_kind, other)
    assert sum(1 for kind in drawn if drawn[kind]) >= 9
