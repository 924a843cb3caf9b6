"""The deliveries in order of time: what arrives in which month, and the truth behind it.

Nothing is written here and nothing read: frames out, files are the caller's. How rows come about stands in the
modules per subject.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from wlz.simulate import agreements, budgets, load, truth
from wlz.simulate import defects as defect_catalogue
from wlz.simulate.claims import Claims, build_claims, claims_frame
from wlz.simulate.inputs import (
    FIRST_DELIVERY_MONTH,
    SimulatedFile,
    SimulationReference,
    Truth,
    month_end,
    months_between,
    read_settings,
)
from wlz.simulate.world import build_world

DEFAULT_UNTIL = date(2018, 5, 1)


def prepare(
    reference: SimulationReference,
    *,
    scale: str = "letter",
    until: date = DEFAULT_UNTIL,
    seed: int = 1,
    defects: Sequence[str] = (),
) -> Claims:
    """The drawn world behind a set of deliveries; both the files and the truth follow from it."""
    settings = read_settings(scale, until, seed, defects, tuple(defect_catalogue.DEFECTS))
    defect_catalogue.check_defects(settings)
    return build_claims(build_world(reference, settings))


def simulate_deliveries(
    reference: SimulationReference,
    *,
    scale: str = "letter",
    until: date = DEFAULT_UNTIL,
    seed: int = 1,
    defects: Sequence[str] = (),
) -> Iterator[SimulatedFile]:
    """Invented deliveries of every kind, month by month from 2017-01 to ``until``, under their delivered headers.

    ``scale`` is ``letter`` (size of the advice of May 2018), ``small`` (three uitvoerders, seconds) or ``lines:N``
    (N claim lines in the last delivery, in chunks of one file). Same arguments, same rows in the same order. One
    month is in memory at a time. ``defects`` (see ``DEFECTS``) are planted in the last delivery, some in the ones
    before it. Raises SimulationError for an unknown scale or defect and for months outside 2017-01 … 2019-12.

    >>> files = list(simulate_deliveries(reference, scale="small"))  # doctest: +SKIP
    """
    claims = prepare(reference, scale=scale, until=until, seed=seed, defects=defects)
    settings = claims.world.settings
    for month in months_between(FIRST_DELIVERY_MONTH, settings.until):
        files = other_files(claims, month)
        if settings.lines:
            yield from files
            if month == settings.until:
                yield from load.claims_chunks(claims, month)
            continue
        files = [SimulatedFile(month, "declaraties", claims_frame(claims, month)), *files]
        if settings.defects:
            files, _ = defect_catalogue.plant_defects(claims, files)
        yield from files


def simulate_truth(
    reference: SimulationReference,
    *,
    scale: str = "letter",
    until: date = DEFAULT_UNTIL,
    seed: int = 1,
    defects: Sequence[str] = (),
) -> Truth:
    """The truth behind the deliveries of the same arguments: final volumes, completeness, planted defects."""
    return truth.build_truth(prepare(reference, scale=scale, until=until, seed=seed, defects=defects))


def other_files(claims: Claims, month: date) -> list[SimulatedFile]:
    """Every kind but the claims that is due in this month."""
    world, second = claims.world, month + timedelta(days=1)
    due = [("pgb_verleningen", budgets.pgb_verleningen(world, month_end(month)))]
    due.append(("hulpmiddelen", budgets.hulpmiddelen(world, month + timedelta(days=14))))
    if month.month == 1:
        due.append(("beleidsregelwaarden", agreements.beleidsregelwaarden(world, second)))
        due.append(("kader", budgets.kader(world, month + timedelta(days=14))))
    if month == FIRST_DELIVERY_MONTH or month.month == 6:
        due.append(("nacalculatie", agreements.nacalculatie(claims, second)))
    if month.month == 1 and month.year >= 2018:
        due.append(("afspraken", agreements.afspraken(claims, second)))
    if month.month == 2:
        due.append(("herschikking", agreements.herschikking(claims, month + timedelta(days=14))))
    if month.month == 5:
        due.append(("na_ijl", budgets.na_ijl(world, second)))
    if month.month == 5 and month.year >= 2018:
        due.append(("kader", budgets.kader(world, month + timedelta(days=14))))
        due.append(("overhevelingen", budgets.overhevelingen(world, month + timedelta(days=14))))
        due.append(("prognose_uitvraag", agreements.prognose_uitvraag(claims, second, month - timedelta(days=1))))
    if month.month == 6:
        due.append(("jaarrekeningen", agreements.jaarrekeningen(claims, second)))
    if month.month in (1, 4, 7, 10):
        due.append(("indicaties", budgets.indicaties(world, second)))
    return [SimulatedFile(month, kind, frame) for kind, frame in due]
