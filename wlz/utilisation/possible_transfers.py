"""What one part of the kader can do for the other: value of a transfer, and the reserve needed after it.

Nothing is moved here; transfers that were booked are in the kader (`utilisation.apply_transfers`).
"""

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal

import polars as pl

from wlz.utilisation import UtilisationError
from wlz.words.vocabulary import CENTS, MONEY

TRANSFER_COLUMNS: dict[str, pl.DataType] = {
    "transfer_possible_eur": MONEY,
    "available_after_transfer_eur": MONEY,
    "available_after_transfer_ratio": pl.Float64(),
    "redistribution_reserve_eur": MONEY,
    "reserve_needed_ratio": pl.Float64(),
    "reserve_left_eur": MONEY,
}


def transfer_value(amount_eur: Decimal, from_part: str, to_part: str, brutering_factor: float) -> Decimal:
    """What an amount that leaves one part is worth in the other: pgb → zin × factor, zin → pgb ÷ factor.

    A pgb is on average not used in full, zin is (letter p. 1, note 1). Within a part nothing changes. The direction
    zin → pgb is inferred, no source states it. Rounded half-even to the cent.

    >>> transfer_value(Decimal("30"), "pgb", "zin", 0.86)
    Decimal('25.80')
    """
    factor = Decimal(str(brutering_factor))
    value = amount_eur
    if (from_part, to_part) == ("pgb", "zin"):
        value = amount_eur * factor
    elif (from_part, to_part) == ("zin", "pgb"):
        value = amount_eur / factor
    elif from_part != to_part:
        raise UtilisationError(f"a transfer goes between zin and pgb; found {from_part} to {to_part}")
    return value.quantize(CENTS, rounding=ROUND_HALF_EVEN)


def weigh_transfer(national: pl.DataFrame, assumptions: Mapping[str, float]) -> pl.DataFrame:
    """What the surplus of one part is worth to the part in shortage, and the reserve needed after it.

    In: the two national rows (part, available_eur, budget_eur). Out: level, part and the transfer and reserve columns
    of UTILISATION. One part short, the other over: the short part may receive the whole surplus at its value there,
    the giver keeps nothing. Both short or both over: nothing moves. The ratio is to the unchanged kader. Reserve
    columns look at each part alone: needed shares may be added, what is left may not.
    """
    reserve = Decimal(str(assumptions["redistribution_reserve_eur"])).quantize(CENTS)
    available: dict[str, Decimal] = dict(national.select("part", "available_eur").iter_rows())
    budget: dict[str, Decimal] = dict(national.select("part", "budget_eur").iter_rows())
    rows = []
    for part, other in (("zin", "pgb"), ("pgb", "zin")):
        receives = available[part] < 0 < available[other]
        gives = available[other] < 0 < available[part]
        surplus = available[other] if receives else Decimal(0)
        possible = transfer_value(surplus, other, part, assumptions["brutering_factor"])
        after = Decimal(0) if gives else available[part] + possible
        shortage = max(Decimal(0), -after)
        rows.append(
            {
                "transfer_possible_eur": possible,
                "available_after_transfer_eur": after,
                "available_after_transfer_ratio": float(after / budget[part]) if budget[part] else None,
                "redistribution_reserve_eur": reserve,
                "reserve_needed_ratio": float(shortage / reserve) if reserve else None,
                "reserve_left_eur": reserve - shortage,
                "part": part,
                "level": "national",
            }
        )
    return pl.DataFrame(rows, schema={**TRANSFER_COLUMNS, "part": pl.String, "level": pl.String})
