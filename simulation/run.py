"""The deliveries in order of time: what arrives in which month, and the truth behind it.

Nothing is written here and nothing read: frames out, files are the caller's. How rows come about stands in the
modules per subject.
"""

from collections.abc import Iterator, Sequence
from datetime import date

from simulation import defects as defect_catalogue
from simulation import load, truth
from simulation.claims import Claims, build_claims
from simulation.inputs import FIRST_DELIVERY_MONTH, SimulatedFile, SimulationReference, Truth, read_settings
from simulation.kinds import build_files
from simulation.world import build_world
from wlz.words.months import list_months

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
    month is in memory at a time. ``defects`` (NAME or NAME:SIZE, see ``DEFECTS``) are planted in the last delivery of
    their kind, some in the ones before it. Raises SimulationError for an unknown scale or defect and for months
    outside 2017-01 … 2027-12.

    >>> files = list(simulate_deliveries(reference, scale="small"))  # doctest: +SKIP
    """
    claims = prepare(reference, scale=scale, until=until, seed=seed, defects=defects)
    settings = claims.world.settings
    for month in list_months(FIRST_DELIVERY_MONTH, settings.until):
        if settings.lines:
            yield from build_files(claims, month, with_claims=False)
            if month == settings.until:
                yield from load.claims_chunks(claims, month)
            continue
        files, _ = defect_catalogue.plant_defects(claims, build_files(claims, month))
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
