"""Units of the code list COD218 and the conversions between them.

Here: which declared unit may be turned into which, and by how much. Not here: a unit that is suspected to be wrong
(`claims/unit_fit.py`), and prices, which divide by the factor volumes are multiplied by.
"""

import polars as pl

MINUTES_PER_UNIT = {
    "01": 1.0,  # minute
    "07": 5.0,  # five minutes
    "04": 60.0,  # hour
    "16": 240.0,  # dagdeel, four hours
    "14": 1440.0,  # etmaal
}
TIMELESS_UNITS = ("00", "81")  # not applicable, independent of time: convertible into themselves only


def conversion_factor(from_unit: str, to_unit: str) -> float | None:
    """How many of ``to_unit`` go into one ``from_unit``; None when the two cannot be converted.

    A volume is multiplied by it, a price per unit divided. Units outside COD218 as used in the Wlz have no factor.

    >>> conversion_factor("04", "01")
    60.0
    >>> conversion_factor("81", "01") is None
    True
    """
    if from_unit in MINUTES_PER_UNIT and to_unit in MINUTES_PER_UNIT:
        return MINUTES_PER_UNIT[from_unit] / MINUTES_PER_UNIT[to_unit]
    return 1.0 if from_unit == to_unit and from_unit in TIMELESS_UNITS else None


def conversion_table() -> pl.DataFrame:
    """Every allowed conversion: ``from_unit``, ``to_unit``, ``conversion_factor``; pairs that have none are left out.

    >>> conversion_table().height
    27
    """
    units = [*MINUTES_PER_UNIT, *TIMELESS_UNITS]
    pairs = [(start, end, conversion_factor(start, end)) for start in units for end in units]
    schema = {"from_unit": pl.String(), "to_unit": pl.String(), "conversion_factor": pl.Float64()}
    return pl.DataFrame(pairs, schema=schema, orient="row").drop_nulls()


def normalise_units(
    frame: pl.DataFrame, prestaties: pl.DataFrame, *, volume_column: str = "volume"
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Volumes in the unit of their prestatie: (converted rows, rows that cannot be converted).

    In: any rows with ``prestatiecode``, ``unit_code`` and the volume; ``prestaties`` says per prestatiecode in which
    ``unit_code`` it is counted. Out: the same columns in the same order of rows. The volume is multiplied by the
    factor between the declared unit and that of the prestatie, ``unit_code`` becomes the latter, amounts stay.
    Rows of an unknown prestatie or without a conversion come back untouched in the second frame (methods,
    deliveries → series: only declared units are converted, a suspicion never is).

    >>> claims = pl.DataFrame({"prestatiecode": ["H104"], "unit_code": ["04"], "volume": [1.5]})
    >>> normalise_units(claims, pl.DataFrame({"prestatiecode": ["H104"], "unit_code": ["01"]}))[0]["volume"].item()
    90.0
    """
    target = prestaties.select("prestatiecode", pl.col("unit_code").alias("to_unit"))
    joined = frame.join(target, on="prestatiecode", how="left", maintain_order="left").join(
        conversion_table(),
        left_on=["unit_code", "to_unit"],
        right_on=["from_unit", "to_unit"],
        how="left",
        maintain_order="left",
    )
    known = pl.col("conversion_factor").is_not_null()
    converted = joined.filter(known).with_columns(
        (pl.col(volume_column) * pl.col("conversion_factor")).alias(volume_column),
        pl.col("to_unit").alias("unit_code"),
    )
    return converted.select(frame.columns), joined.filter(~known).select(frame.columns)
