"""Assets of the stage series."""

import dagster as dg
import polars as pl

from assets.context import Warehouse, months_of, stage_asset, summarise
from warehouse import reference
from warehouse.tables.series import CLAIM_UNIT_CORRECTIONS, SERIES, SERIES_REGION
from wlz.series import aggregate_claims, build_series


@stage_asset(CLAIM_UNIT_CORRECTIONS, group="series", deps=["deliveries"])
def claim_unit_corrections(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
    """Claims in hours under the code of minutes, or the reverse, and the factor that puts their volume right."""
    for month in months_of(context):
        advice = warehouse.advice(month)
        noted = advice.read_unit_corrections()
        advice.store.write(CLAIM_UNIT_CORRECTIONS, noted.with_columns(delivery_month=pl.lit(month)), month)
    return dg.MaterializeResult(metadata=summarise(noted))


@stage_asset(SERIES_REGION, group="series", deps=["claim_unit_corrections"])
def series_region(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
    """Claims per prestatie, report region and care month, as known at the round."""
    crosswalk, regions = reference.load_crosswalk(), reference.load_regions()
    for month in months_of(context):
        advice = warehouse.advice(month)
        claims = aggregate_claims(
            advice.scan("declaraties"),
            crosswalk,
            regions,
            reference.load_prestaties(),
            advice.claims_month,
            advice.load(CLAIM_UNIT_CORRECTIONS),
        )
        advice.store.write(SERIES_REGION, claims, month)
    return dg.MaterializeResult(metadata=summarise(claims))


@stage_asset(SERIES, group="series", deps=["series_region"])
def series(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
    """Monthly series per prestatie and uitvoerder; marks the months that enter the forecast."""
    for month in months_of(context):
        advice = warehouse.advice(month)
        lag, window = advice.assumptions["letter_minimum_lag_months"], advice.assumptions["fit_months"]
        built = build_series(advice.load(SERIES_REGION), advice.claims_month, int(lag), int(window))
        advice.save(SERIES, built)
    return dg.MaterializeResult(metadata=summarise(built))
