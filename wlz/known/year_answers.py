"""How it stands with each thing a budget year needs: there, taken over or missing, and the euro that rest on it.

A function per thing, asked by the list in `years.py`. Every euro is a sum of delivered rows: of the claims of the year
before, as they stand for a year, unless its line says otherwise.
"""

from collections.abc import Callable
from datetime import date

import polars as pl

from wlz.known.assumptions import PAID_IN_FULL_FROM, STATED, TAKEN_OVER, paid_shares
from wlz.known.reference import ROLES, undelivered_tariffs
from wlz.known.rounds import LAG_REFERENCE_YEARS_BACK
from wlz.known.uitvoerders import known_on
from wlz.known.year_facts import (
    MISSING,
    PASSED_OVER,
    THERE,
    TO_CONFIRM,
    Answer,
    YearFacts,
    last_per_code,
    last_stands,
    sum_euro,
    years_there,
)  # fmt: skip
from wlz.words.counts import format_count

_UNDATED_ARE_OF = 2018  # lists without dates hold the uitvoerders of tables 5 and 6 of the letter


def _of_all(facts: YearFacts, frame: pl.DataFrame | None = None, column: str = "amount_eur") -> float | None:
    """The euro of a frame, or of the claims that stand for a year; None when no deliveries were named."""
    if facts.delivered is None:
        return None
    return sum_euro(facts.whole_year if frame is None else frame, column)


# ---- files of the year --------------------------------------------------------------------------------------------


def ask_file(facts: YearFacts) -> Answer:
    """The file of the year itself."""
    found = facts.file if facts.has_file else f"no {facts.file}"
    return Answer(THERE if facts.has_file else MISSING, found, _of_all(facts))


def ask_number(name: str) -> Callable[[YearFacts], Answer]:
    """A number that every year states."""

    def ask(facts: YearFacts) -> Answer:
        number = facts.numbers.get(name)
        if number is None:
            return Answer(MISSING, f"not in {facts.file}", _rests_on(name, None, facts))
        at_stake = _rests_on(name, number.value, facts)
        said = "no value" if number.value is None else f"{number.value:,} {number.unit}"
        state = {STATED: THERE, TAKEN_OVER: TAKEN_OVER}.get(number.state, MISSING)
        told = "unknown, " if state == MISSING else ""
        return Answer(state, f"{told}{said} ({number.source})", at_stake, number.value is not None)

    return ask


def _rests_on(name: str, value: float | None, facts: YearFacts) -> float | None:
    """Euro that rest on a number of the year: a reserve itself, room of pgb for what it is worth; None: not known."""
    if name.endswith("_eur"):
        return value or None
    kader, stands = facts.of_year("kader", facts.year, "budget_year"), last_stands(facts, facts.year)
    if kader.is_empty() or stands.is_empty():
        return None
    return abs(sum_euro(last_per_code(kader, "stand_date"), "pgb_budget_eur") - sum_euro(stands, "granted_eur"))


def ask_scenarios(facts: YearFacts) -> Answer:
    """The ways of computing."""
    names = ", ".join(one.name for one in facts.scenarios)
    return Answer(THERE if names else MISSING, names or "no scenario", _of_all(facts))


def ask_unread(facts: YearFacts) -> Answer | None:
    """Names that nothing reads; None when there are none."""
    return Answer(PASSED_OVER, f"nothing reads {', '.join(facts.unread)}") if facts.unread else None


def ask_rounds(facts: YearFacts) -> Answer:
    """The files of its rounds. Without one a rule holds, so none is missing."""
    if not facts.rounds:
        return Answer(THERE, "no file: what was delivered by the end of a delivery month counts")
    said = [
        f"{file} {format_count(count, 'cut-off')}" if count else f"{file} says nothing yet"
        for file, count in facts.rounds.items()
    ]
    return Answer(THERE, "; ".join(said))


def ask_shares(facts: YearFacts) -> Answer:
    """The shares paid in the year before: prices from it are freed of them."""
    year = facts.year - 1
    values = {name: one.value for name, one in facts.numbers.items() if one.value is not None}
    shares = paid_shares(facts.nhc_growin, values, year).filter(pl.col("year") == year)
    if shares.is_empty():
        return Answer(MISSING, f"no share of both in {year}", _of_all(facts, facts.claims(year)))
    nhc, nic = shares.select("nhc_paid_ratio", "nic_paid_ratio").row(0)
    stated = year in facts.nhc_growin["year"] or f"nic_paid_ratio_{year}" in values
    said = f"NHC {100 * nhc:g} %, NIC {100 * nic:g} %, {'stated' if stated else f'by rule from {PAID_IN_FULL_FROM} on'}"
    return Answer(THERE, said, _of_all(facts, facts.claims(year)))


# ---- lists --------------------------------------------------------------------------------------------------------


def ask_pack(facts: YearFacts) -> Answer:
    """Whether the list of codes vouches for the year; rests on it: claims of codes it does not have, or ended."""
    first, last = facts.pack_years
    said = f"pack {facts.pack} vouches for {first} to {last}"
    claims = facts.claims(facts.year) if not facts.claims(facts.year).is_empty() else facts.whole_year
    apart = None
    if not claims.is_empty():
        known = facts.prestaties.select("prestatiecode", "valid_to")
        judged = claims.join(known, on="prestatiecode", how="left")
        is_known = pl.col("prestatiecode").is_in(known["prestatiecode"].implode())
        outside = judged.filter(~is_known | (pl.col("care_month") > pl.col("valid_to")).fill_null(False))
        apart = sum_euro(outside)
        codes = sorted(outside["prestatiecode"].unique())
        said += f"; claimed and unknown or ended: {', '.join(codes[:10]) or 'none'}"
    return Answer(THERE if first <= facts.year <= last else TAKEN_OVER, said, apart)


def ask_roles(facts: YearFacts) -> Answer:
    """Codes that an advice counts apart; rests on it: their claims."""
    counts = {role: facts.prestaties.filter(pl.col(f"is_{role}")).height for role in ROLES}
    said = ", ".join(f"{role} {format_count(count, 'code')}" for role, count in counts.items())
    return Answer(THERE if all(counts.values()) else MISSING, said, _of_all(facts, _of_roles(facts)))


def _of_roles(facts: YearFacts) -> pl.DataFrame:
    codes = facts.prestaties.filter(pl.any_horizontal(f"is_{role}" for role in ROLES)).select("prestatiecode")
    claims = facts.whole_year
    return claims if claims.is_empty() else claims.join(codes, on="prestatiecode", how="semi")


def ask_crosswalk(facts: YearFacts) -> Answer:
    """A valid code for every region, and a region for every claim."""
    days = [date(facts.year, 1, 1), date(facts.year, 12, 31)]
    lacking: set[str] = set()
    for day in days:
        valid = facts.crosswalk.filter(known_on(day))
        lacking |= set(facts.regions["zorgkantoorregio"]) - set(valid["zorgkantoorregio"])
    said = f"{format_count(facts.crosswalk.filter(known_on(days[0])).height, 'code')} on {days[0]}"
    if lacking:
        return Answer(MISSING, f"{said}; no code for {', '.join(sorted(lacking))}", _of_all(facts))
    claims = facts.claims(facts.year)
    if claims.is_empty():
        return Answer(THERE, said, _of_all(facts))
    dated = claims.join(facts.crosswalk, on="zorgkantoor_code", how="left")
    from_to = (pl.col("care_month") >= pl.col("valid_from")) & (
        pl.col("valid_to").is_null() | (pl.col("care_month") < pl.col("valid_to"))
    )
    outside = claims.join(dated.filter(from_to), on=["zorgkantoor_code", "care_month"], how="anti")
    if outside.is_empty():
        return Answer(THERE, said, _of_all(facts))
    codes = ", ".join(sorted(outside["zorgkantoor_code"].unique()))
    return Answer(MISSING, f"{said}; claimed by codes not valid then: {codes}", sum_euro(outside))


def ask_uitvoerders(facts: YearFacts) -> Answer:
    """The Wlz-uitvoerder of every region, of this year."""
    regions, dates = facts.regions, {"valid_from", "valid_to"}
    if dates <= set(regions.columns):
        regions = regions.filter(known_on(date(facts.year, 12, 31)))
    said = f"{format_count(regions.height, 'region')} of {regions['wlz_uitvoerder'].n_unique()} uitvoerders"
    if regions["wlz_uitvoerder"].null_count() or regions.is_empty():
        return Answer(MISSING, f"{said}, some without one", _of_all(facts))
    last = facts.pack_years[1]
    if dates <= set(facts.regions.columns) and facts.year > last:
        return Answer(TAKEN_OVER, f"{said}; the lists vouch until {last}", _of_all(facts))
    if dates <= set(facts.regions.columns) or facts.year == _UNDATED_ARE_OF:
        return Answer(THERE, said, _of_all(facts))
    return Answer(TAKEN_OVER, f"{said}, without dates: those of {_UNDATED_ARE_OF}", _of_all(facts))


def ask_names(facts: YearFacts) -> Answer | None:
    """Names of uitvoerders that are new and like another one; None when there are none."""
    return Answer(TO_CONFIRM, "; ".join(facts.new_names)) if facts.new_names else None


# ---- deliveries ---------------------------------------------------------------------------------------------------


def ask_claims(facts: YearFacts) -> Answer:
    """The claims."""
    claims = (facts.delivered or {}).get("declaraties", pl.DataFrame())
    if claims.is_empty():
        return Answer(MISSING, "not delivered")
    months = claims["care_month"].sort()
    return Answer(THERE, f"care months {months[0]:%Y-%m} to {months[-1]:%Y-%m}", sum_euro(facts.whole_year))


def ask_kader(facts: YearFacts) -> Answer:
    """The kader of the year; rests on it: the kader, without one the claims."""
    kader = facts.of_year("kader", facts.year, "budget_year")
    if kader.is_empty():
        return Answer(MISSING, years_there(facts, "kader", "budget_year"), sum_euro(facts.whole_year))
    last = last_per_code(kader, "stand_date")
    said = f"of {last.height} zorgkantoren, last stand {last['stand_date'].max()!s}"
    return Answer(THERE, said, sum_euro(last, "zin_budget_eur") + sum_euro(last, "pgb_budget_eur"))


def ask_pgb(facts: YearFacts) -> Answer:
    """Stands of pgb grants of the year, or of the two before."""
    for year, state in ((facts.year, THERE), (facts.year - 1, TAKEN_OVER), (facts.year - 2, TAKEN_OVER)):
        stands = last_stands(facts, year)
        if not stands.is_empty():
            said = f"stands to {stands['reference_date'].max()!s}"
            return Answer(state, said, sum_euro(stands, "granted_eur"))
    kader = last_per_code(facts.of_year("kader", facts.year, "budget_year"), "stand_date")
    said = years_there(facts, "pgb_verleningen", "budget_year")
    return Answer(MISSING, said, sum_euro(kader, "pgb_budget_eur") or None)


def ask_tariffs(back: int) -> Callable[[YearFacts], Answer]:
    """Maximum tariffs of the year or the one before, delivered or of the pack; rests on it: claims without any."""

    def ask(facts: YearFacts) -> Answer:
        delivered, claims = facts.of_year("beleidsregelwaarden", facts.year - back), facts.without_own_price
        of_list = _tariffs_of_list(facts, facts.year - back, delivered)
        if delivered.is_empty() and of_list.is_empty():
            return Answer(MISSING, years_there(facts, "beleidsregelwaarden", "year"), sum_euro(claims))
        tariffs = pl.concat([one for one in (delivered, of_list) if not one.is_empty()], how="diagonal_relaxed")
        with_one = tariffs.filter(pl.col("max_tariff_excl_eur_per_unit") > 0).select("prestatiecode")
        without = claims if claims.is_empty() else claims.join(with_one, on="prestatiecode", how="anti")
        said = format_count(with_one.n_unique(), "prestatie")
        said += f", {of_list.height} of pack {facts.pack}" if of_list.height else ""
        if without.is_empty():
            return Answer(THERE, said, sum_euro(claims))
        codes = sorted(without["prestatiecode"].unique())
        more = f" and {len(codes) - 10} more" if len(codes) > 10 else ""
        return Answer(MISSING, f"{said}; none for {', '.join(codes[:10])}{more}", sum_euro(without))

    return ask


def _tariffs_of_list(facts: YearFacts, year: int, delivered: pl.DataFrame) -> pl.DataFrame:
    """Those of the pack of which no row of that prestatie was delivered, as prices take them (P08)."""
    if facts.tariffs is None:
        return pl.DataFrame()
    of_year = facts.tariffs.filter(pl.col("year") == year)
    return of_year if delivered.is_empty() else undelivered_tariffs(of_year, delivered)


def ask_agreements(facts: YearFacts) -> Answer:
    """Agreements of the year before; rests on it: claims that have no price of the year itself."""
    agreed = facts.of_year("herschikking", facts.year - 1)
    if agreed.is_empty():
        return Answer(MISSING, years_there(facts, "herschikking", "year"), sum_euro(facts.without_own_price))
    return Answer(THERE, format_count(agreed.height, "row"), sum_euro(facts.without_own_price))


def ask_settled(facts: YearFacts) -> Answer:
    """Settled production of the years the extra items grow from; of the last one agreements will do."""
    last = facts.year - 1
    absent = [
        year
        for year in facts.settled_years
        if facts.of_year("nacalculatie", year).is_empty()
        and (year != last or facts.of_year("herschikking", last).is_empty())
    ]
    at_stake = sum_euro(_of_roles(facts))
    if absent:
        return Answer(MISSING, f"not of {', '.join(map(str, absent))}", at_stake)
    return Answer(THERE, f"of {', '.join(map(str, facts.settled_years))}", at_stake)


def ask_na_ijl(facts: YearFacts) -> Answer:
    """Late claims of the reference year."""
    year = facts.year - LAG_REFERENCE_YEARS_BACK
    rows, claims = facts.of_year("na_ijl", year, "reference_year"), sum_euro(facts.whole_year)
    if rows.is_empty():
        return Answer(MISSING, years_there(facts, "na_ijl", "reference_year"))
    mean = float(rows["lag_percentage"].mean() or 0)  # type: ignore[arg-type]
    return Answer(THERE, f"of {year}: {mean:.2f} % on average", claims * mean / 100)


def ask_aids(facts: YearFacts) -> Answer:
    """Individually adapted aids."""
    aids = (facts.delivered or {}).get("hulpmiddelen", pl.DataFrame())
    if aids.is_empty():
        return Answer(MISSING, "not delivered")
    return Answer(THERE, f"months to {_last_month(aids)}", sum_euro(aids.filter(_in_year(facts.year - 1))))


def ask_indications(facts: YearFacts) -> Answer | None:
    """Indications; None when no scenario uses them."""
    if not any(one.uses_indications for one in facts.scenarios):
        return None
    rows = (facts.delivered or {}).get("indicaties", pl.DataFrame())
    if rows.is_empty():
        return Answer(MISSING, "not delivered", sum_euro(facts.whole_year))
    return Answer(THERE, f"months to {_last_month(rows)}", sum_euro(facts.whole_year))


def _in_year(year: int) -> pl.Expr:
    return pl.col("month").dt.year() == year


def _last_month(rows: pl.DataFrame) -> str:
    return str(rows["month"].max())[: len("2018-05")]
