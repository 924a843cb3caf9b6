"""The truth behind the deliveries: final volumes, completeness, planted defects. Never delivered."""

from datetime import date

import numpy as np
import polars as pl

from simulation.claims import Claims, completeness
from simulation.defects import DEFECT_SCHEMA, plant_defects, touched_files
from simulation.inputs import FIRST_DELIVERY_MONTH, Truth, cents_to_money
from simulation.kinds import build_file
from simulation.later_codes import move_later_codes
from wlz.words.months import list_months, month_number


def build_truth(claims: Claims) -> Truth:
    """All truth frames of a drawn world."""
    return Truth(true_volumes(claims), true_completeness(claims), planted_defects(claims))


def true_volumes(claims: Claims) -> pl.DataFrame:
    """Final volume and euro per prestatie × region × care month, through the year after the last delivery."""
    world = claims.world
    n_prestaties, n_regions = len(world.prestaties), len(world.regions)
    key = world.area_region[world.cell_area] * n_prestaties + world.cell_prestatie
    n_keys, n_months = n_regions * n_prestaties, len(claims.months)
    volume, cents = np.zeros((n_keys, n_months)), np.zeros((n_keys, n_months))
    np.add.at(volume, key, claims.final)
    np.add.at(cents, key, np.rint(claims.final * claims.price * 100))
    row, month = np.nonzero(volume)
    final = pl.DataFrame(
        {
            "prestatiecode": world.prestaties["prestatiecode"].gather(row % n_prestaties),
            "zorgkantoorregio": pl.Series(world.regions).gather(row // n_prestaties),
            "care_month": pl.Series(claims.months).gather(month),
            "volume": volume[row, month],
            "amount_eur": cents_to_money(cents[row, month]),
        }
    )
    return move_later_codes(world.reference, "truth", final)


def true_completeness(claims: Claims) -> pl.DataFrame:
    """Share of the final euro declared per delivery × uitvoerder × prestatie group × care month."""
    months = list_months(FIRST_DELIVERY_MONTH, claims.world.settings.until)
    return pl.concat([_completeness_of(claims, month) for month in months])


def _completeness_of(claims: Claims, delivery_month: date) -> pl.DataFrame:
    world = claims.world
    ratio = completeness(claims, delivery_month)
    count = ratio.shape[1]
    euro = claims.final[:, :count] * claims.price[:, :count]
    key = world.cell_uitvoerder * len(world.groups) + world.cell_group
    shape = (len(world.uitvoerders) * len(world.groups), count)
    declared, final = np.zeros(shape), np.zeros(shape)
    np.add.at(declared, key, euro * ratio)
    np.add.at(final, key, euro)
    row, month = np.nonzero(final)
    return pl.DataFrame(
        {
            "delivery_month": pl.repeat(delivery_month, len(row), dtype=pl.Date, eager=True),
            "wlz_uitvoerder": pl.Series(world.uitvoerders).gather(row // len(world.groups)),
            "prestatiegroep": pl.Series(world.groups).gather(row % len(world.groups)),
            "care_month": pl.Series(claims.months).gather(month),
            "lag_months": (month_number(delivery_month) - month_number(claims.months[0]) - month).astype(np.int32),
            "completeness_ratio": (declared / np.where(final > 0, final, 1.0))[row, month],
        }
    )


def planted_defects(claims: Claims) -> pl.DataFrame:
    """The planted defects with the delivery and the rows they touched, oldest delivery first; empty without any."""
    files = (build_file(claims, month, kind) for month, kind in touched_files(claims.world.settings))
    planted = [plant_defects(claims, [file])[1] for file in files]
    return pl.concat(planted) if planted else pl.DataFrame(schema=DEFECT_SCHEMA)
