"""Codes that change, planted in simulated worlds: the year of the uitvoerder beside that of the twin where none does.

Run ``python -m scripts.evidence.code_changes --seeds 20``. Small worlds as seen in May 2019. In each of them every kind
of change is planted in all deliveries, by the care month; the list of codes knows the new codes and no successor.
*policy money* is a tenth more under a code of its own: its twin has the tenth under the old code. Judged by scenario:
how far the year of any uitvoerder lies from the twin's, and whether check L05-family names what went on with its euro.
Rows are kept in docs/reference/evidence/code_changes.csv; figures stand in docs/explanation/series.md.
"""

import argparse
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from scripts.calibrate_simulation import to_contract
from scripts.evidence.lag import ROWS
from simulation.claims import Claims, claims_frame
from simulation.later_codes import move_later_codes
from simulation.reference import load_simulation_reference
from simulation.run import prepare
from warehouse.lake import know_frames, settle_tables
from warehouse.packs import SIMULATED, load_pack, load_reference
from warehouse.settings import load_scenarios
from warehouse.tables.volumes import BACKTEST
from wlz.advice import Advice, compute_advice
from wlz.known.knowledge import Known
from wlz.series import aggregate_claims, sum_regions
from wlz.words.months import add_months, list_months

MONTH, YEAR = date(2019, 5, 1), 2019
DELIVERIES = list_months(add_months(MONTH, -15), MONTH)
SCENARIOS = ("letter", "base", "completed", "low", "high")
NEAR, NAMED = 0.005, 0.2  # of the twin's year; of the true euro of the family
NEW_YEAR, MARCH, JULY = date(2018, 12, 31), date(2019, 2, 28), date(2018, 6, 30)


@dataclass(frozen=True)
class Change:
    """Old code, its last day, and who goes on by which share; `beside`: the new code only adds that share."""

    last_day: date
    links: tuple[tuple[str, str, float], ...]
    beside: bool = False


CHANGES = {
    "1 January": Change(NEW_YEAR, (("Z051", "N1", 1.0),)),
    "mid-year": Change(MARCH, (("Z051", "N1", 1.0),)),
    "a year ago": Change(JULY, (("Z051", "N1", 1.0),)),
    "one to many": Change(NEW_YEAR, (("Z053", "N1", 0.6), ("Z053", "N2", 0.4))),
    "many to one": Change(NEW_YEAR, (("Z063", "N1", 1.0), ("Z073", "N1", 1.0))),
    "policy money": Change(NEW_YEAR, (("Z051", "N1", 0.1),), beside=True),
}


def plant(claims: Claims, month: date, change: Change | None, *, is_twin: bool) -> pl.DataFrame:
    """The claims of a delivery in contract columns, with a change; its twin has the same care under the old codes."""
    frame = claims_frame(claims, month)
    if change is None:
        return to_contract(frame, "declaraties")
    later = pl.DataFrame(
        [(old, change.last_day, new, share) for old, new, share in change.links],
        schema={"prestatiecode": pl.String, "valid_to": pl.Date, "successor": pl.String, "share": pl.Float64},
        orient="row",
    )
    if change.beside:
        ((old, new, share),) = change.links
        late = (pl.col("zorgmaand") + "-01").str.to_date() > change.last_day
        part = (pl.col("aantal") * share).round(0)
        euro = (pl.col("bedrag").cast(pl.Float64) * part / pl.col("aantal")).round(2).cast(frame.schema["bedrag"])
        extra = frame.filter(late, prestatiecode=old).with_columns(part.alias("aantal"), euro.alias("bedrag"))
        extra = extra.filter(pl.col("aantal") > 0).with_columns(prestatiecode=pl.lit(old if is_twin else new))
        key = [name for name in frame.columns if name not in ("aantal", "bedrag")]
        added = pl.concat([frame, extra]).group_by(key, maintain_order=True).agg(pl.col("aantal", "bedrag").sum())
        return to_contract(added.select(frame.columns).cast(frame.schema), "declaraties")
    if not is_twin:
        reference = replace(claims.world.reference, later_codes=later)
        frame = move_later_codes(reference, "declaraties", frame)
    return to_contract(frame, "declaraties")


def know(claims: Claims, change: Change | None, *, is_twin: bool) -> Known:
    """What the advice of May 2019 knows: this and fifteen earlier deliveries, and a list with the new codes."""
    lists = load_reference(load_pack(SIMULATED), YEAR, MONTH)
    like = {new: old for old, new, _ in change.links} if change else {}
    rows = [
        lists.prestaties.filter(prestatiecode=old).with_columns(prestatiecode=pl.lit(new)) for new, old in like.items()
    ]
    lists = lists._replace(prestaties=pl.concat([lists.prestaties, *rows]).sort("prestatiecode"))
    frames = {month: plant(claims, month, change, is_twin=is_twin) for month in DELIVERIES}

    def snapshots() -> pl.DataFrame:
        return pl.concat(
            sum_regions(
                aggregate_claims(frame.lazy(), lists.crosswalk, lists.regions, lists.prestaties, month)
            ).with_columns(pl.lit(month).alias("delivery_month"))
            for month, frame in frames.items()
        )

    scenarios = [one for one in load_scenarios(YEAR)[0] if one.name in SCENARIOS]
    return know_frames(MONTH, {"declaraties": frames[MONTH]}, scenarios, reference=lists, snapshots=snapshots)


def advise(claims: Claims, change: Change | None, *, is_twin: bool) -> Advice:
    """Revenue and the months completed for lag, in memory."""
    known = know(claims, change, is_twin=is_twin)
    return compute_advice(known, settle_tables(known), ["completed_series", "revenue"], {"backtest": BACKTEST.empty()})


def years_of(advice: Advice) -> pl.DataFrame:
    """Expected euro of 2019 per scenario and uitvoerder."""
    of_year = advice["revenue"].filter("in_base", pl.col("care_month").dt.year() == YEAR)
    summed = of_year.group_by("scenario", "wlz_uitvoerder")
    return summed.agg(pl.col("forecast_amount_eur").sum().cast(pl.Float64).alias("year_eur"))


def families_of(advice: Advice) -> pl.DataFrame:
    """What L05-family names: wlz_uitvoerder, told_eur."""
    found = advice.judged["completed_series"]["lag_findings"].filter(finding="handed_over")
    return found.group_by("wlz_uitvoerder").agg(pl.col("at_stake_eur").sum().alias("told_eur"))


def true_families(claims: Claims, change: Change) -> pl.DataFrame:
    """Euro that went on under another code, of the twelve months before: wlz_uitvoerder, true_eur."""
    world = claims.world
    codes = [old for old, _, _ in change.links]
    first = add_months(change.last_day.replace(day=1), -11)
    columns = [number for number, month in enumerate(claims.months) if first <= month <= change.last_day]
    euro = (claims.final[:, columns] * claims.price[:, columns]).sum(axis=1)
    frame = pl.DataFrame(
        {
            "code": world.prestaties["prestatiecode"].gather(world.cell_prestatie),
            "wlz_uitvoerder": pl.Series(world.uitvoerders).gather(world.cell_uitvoerder),
            "euro": euro,
        }
    )
    mine = frame.filter(pl.col("code").is_in(codes)).group_by("wlz_uitvoerder")
    return mine.agg(pl.col("euro").sum().alias("true_eur"))


def measure_seed(seed: int) -> pl.DataFrame:
    """A row per change, scenario and uitvoerder: distance to the twin, euro told and true."""
    claims = prepare(load_simulation_reference("small"), scale="small", until=MONTH, seed=seed)
    without = advise(claims, None, is_twin=True)
    rows = []
    for name, change in CHANGES.items():
        twin = advise(claims, change, is_twin=True) if change.beside else without
        changed = advise(claims, change, is_twin=False)
        joined = years_of(changed).join(years_of(twin), on=["scenario", "wlz_uitvoerder"], suffix="_twin")
        told = joined.join(families_of(changed), on="wlz_uitvoerder", how="left")
        with_true = told.join(true_families(claims, change), on="wlz_uitvoerder", how="left")
        rows.append(
            with_true.select(
                pl.lit(seed).alias("seed"),
                pl.lit(name).alias("change"),
                "scenario",
                "wlz_uitvoerder",
                (pl.col("year_eur") / pl.col("year_eur_twin") - 1).round(6).alias("off_ratio"),
                pl.col("told_eur").round(0),
                pl.when(not change.beside).then(pl.col("true_eur").round(0)),
            )
        )
    return pl.concat(rows)


def summarise(rows: pl.DataFrame) -> pl.DataFrame:
    """Per change and scenario: how many years of uitvoerders are near, how many of the rest are named, the worst."""
    near = pl.col("off_ratio").abs() <= NEAR
    named = (pl.col("told_eur") / pl.col("true_eur") - 1).abs() <= NAMED
    return rows.group_by("change", "scenario", maintain_order=True).agg(
        pl.len().alias("uitvoerders"),
        near.sum().alias("near"),
        (~near & named.fill_null(False)).sum().alias("named"),
        (~near & ~named.fill_null(False)).sum().alias("neither"),
        (pl.col("off_ratio").abs().max() * 100).round(2).alias("worst_%"),
        (pl.col("told_eur").is_not_null() & pl.col("true_eur").is_null()).sum().alias("false_families"),
    )


def main() -> None:
    """Measures the worlds and keeps the rows."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=20)
    seeds = parser.parse_args().seeds
    rows = pl.concat(measure_seed(seed) for seed in range(1, seeds + 1))
    rows.write_csv(ROWS / "code_changes.csv")
    with pl.Config(tbl_rows=-1, tbl_width_chars=150):
        print(summarise(rows))


if __name__ == "__main__":
    main()
