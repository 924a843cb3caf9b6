"""The published marts: what analysts query. One SELECT per mart in ``warehouse/marts/<name>.sql``."""

from dataclasses import replace

from warehouse.columns import (
    aids,
    common,
    deliveries,
    extra_items,
    lag,
    pgb,
    prices,
    quality,
    utilisation,
    vintages,
    volumes,
)
from warehouse.contract import Column, Table
from warehouse.tables.bounds import EXCEEDANCE, FORECAST_BOUNDS, OUTLOOK
from warehouse.tables.lag import LAG_CURVE, REVISION_STATISTICS
from warehouse.tables.monitor import DELIVERY_STATUS, MONITOR_PROVIDER
from warehouse.tables.prices import PRICES
from warehouse.tables.quality import ADVICE_PROVENANCE, CHECK_DECISIONS, CHECK_FINDINGS, DATA_QUALITY
from warehouse.tables.series import CLAIM_UNIT_CORRECTIONS
from warehouse.tables.support import CELL_SUPPORT
from warehouse.tables.vintages import FORECAST_BRIDGE, FORECAST_VINTAGES
from warehouse.tables.volumes import BACKTEST

AFTER = "support"

_VINTAGE = (common.DELIVERY_MONTH, common.BUDGET_YEAR, common.SCENARIO)
_VINTAGE_KEY = ("delivery_month", "scenario")
_ROOM = (
    utilisation.EXPECTED_EXCL_EXTRA_EUR,
    utilisation.EXPECTED_EUR,
    utilisation.BUDGET_EUR,
    utilisation.AVAILABLE_EUR,
    utilisation.AVAILABLE_RATIO,
    *common.BOUNDS_EUR,
)
_TRANSFER = (
    utilisation.TRANSFER_POSSIBLE_EUR,
    utilisation.AVAILABLE_AFTER_TRANSFER_EUR,
    utilisation.AVAILABLE_AFTER_TRANSFER_RATIO,
    utilisation.REDISTRIBUTION_RESERVE_EUR,
    utilisation.RESERVE_NEEDED_RATIO,
    utilisation.RESERVE_LEFT_EUR,
)
_REALISED = (vintages.REALISED_EUR, vintages.REALISED_DELIVERY_MONTH, vintages.ERROR_EUR, vintages.ERROR_RATIO)
_OPTIONAL = frozenset(
    {"available_ratio", "declared_to_date_eur", "granted_to_date_eur"}
    | {
        column.name
        for column in (*common.BOUNDS_EUR, *_TRANSFER, utilisation.DECLARED_MONTH_EUR, utilisation.COMPLETED_MONTH_EUR)
    }
)


def _mart(
    name: str,
    stage: str,
    grain: str,
    columns: tuple[Column, ...],
    key: tuple[str, ...],
    description: str,
    letter: str | None,
    nullable: frozenset[str] = _OPTIONAL,
    keep_vintages: int | None = None,
) -> Table:
    full_key = (*_VINTAGE_KEY, *key)
    nullable = frozenset(column.name for column in columns) & nullable
    return Table(
        name,
        stage,
        "mart",
        grain,
        (*_VINTAGE, *columns),
        full_key,
        description,
        nullable,
        letter=letter,
        keep_vintages=keep_vintages,
    )


def _as_mart(table: Table, name: str, letter: str | None, keep_vintages: int | None) -> Table:
    """A lake table published as it is, under its public name."""
    columns = tuple(column for column in table.columns if column not in _VINTAGE)
    key = tuple(name for name in table.key if name not in _VINTAGE_KEY)
    return _mart(name, table.stage, table.grain, columns, key, table.description, letter, table.nullable, keep_vintages)


UTILISATION_NATIONAL = _mart(
    "utilisation_national",
    "utilisation",
    "part",
    (common.PART, *_ROOM, *_TRANSFER),
    ("part",),
    "National expectation against the kader, zin and pgb, with the transfer between them and the reserve.",
    "table 1",
)
UTILISATION_UITVOERDER = _mart(
    "utilisation_uitvoerder",
    "utilisation",
    "wlz_uitvoerder × part",
    (common.WLZ_UITVOERDER, common.PART, *_ROOM),
    ("wlz_uitvoerder", "part"),
    "Expectation against the kader per uitvoerder, zin and pgb; Landelijk is the total.",
    "table 2",
)
ZIN_UITVOERDER = _mart(
    "zin_uitvoerder",
    "utilisation",
    "wlz_uitvoerder",
    (common.WLZ_UITVOERDER, utilisation.DECLARED_TO_DATE_EUR, *_ROOM),
    ("wlz_uitvoerder",),
    "Zorg in natura per uitvoerder; Landelijk is the total.",
    "table 3, figure 4",
)
EXTRA_ITEMS_UITVOERDER = _mart(
    "extra_items_uitvoerder",
    "extra_items",
    "wlz_uitvoerder",
    (
        common.WLZ_UITVOERDER,
        extra_items.CRISISBEDDEN_EUR,
        extra_items.NA_IJL_EUR,
        extra_items.MEERZORG_EUR,
        extra_items.EXTRA_ITEMS_EUR,
        extra_items.MEERZORG_CLAIMS_EUR,
        extra_items.DELIVERED_LAG_RATIO,
        extra_items.DERIVED_LAG_RATIO,
        common.FLAG,
    ),
    ("wlz_uitvoerder",),
    "Extra items per uitvoerder; Landelijk is the total.",
    "table 4, figure 5",
    nullable=frozenset({"meerzorg_claims_eur", "delivered_lag_ratio", "derived_lag_ratio", "flag"}),
)
PGB_UITVOERDER = _mart(
    "pgb_uitvoerder",
    "pgb",
    "wlz_uitvoerder",
    (common.WLZ_UITVOERDER, pgb.GRANTED_TO_DATE_EUR, *_ROOM),
    ("wlz_uitvoerder",),
    "Pgb per uitvoerder; Landelijk is the total.",
    "table 5, figure 7",
)
PGB_REGION = _mart(
    "pgb_region",
    "pgb",
    "zorgkantoorregio",
    (common.ZORGKANTOORREGIO, common.WLZ_UITVOERDER, pgb.GRANTED_TO_DATE_EUR, *_ROOM),
    ("zorgkantoorregio",),
    "Pgb per region; Landelijk is the total.",
    "table 6, figure 8",
)
ZIN_REGION = _mart(
    "zin_region",
    "utilisation",
    "zorgkantoorregio",
    (
        common.ZORGKANTOORREGIO,
        common.WLZ_UITVOERDER,
        utilisation.DECLARED_TO_DATE_EUR,
        extra_items.EXTRA_ITEMS_EUR,
        *_ROOM,
    ),
    ("zorgkantoorregio",),
    "Zorg in natura per region: declared to date, expected, kader. Landelijk is the total.",
    "monthly publication of zorgkantoren",
)
UTILISATION_MONTHLY = _mart(
    "utilisation_monthly",
    "utilisation",
    "month × part",
    (
        common.MONTH,
        common.PART,
        prices.STATE,
        utilisation.DECLARED_MONTH_EUR,
        utilisation.COMPLETED_MONTH_EUR,
        utilisation.AMOUNT_MONTH_EUR,
        utilisation.EXPECTED_CUMULATIVE_EUR,
        utilisation.EXPECTED_CUMULATIVE_INCL_EXTRA_EUR,
        utilisation.BUDGET_EUR,
        *common.BOUNDS_EUR,
    ),
    ("month", "part"),
    "National path through the year. One twelfth of the extra items a month is our choice; the letter has a year.",
    "figures 1, 3 and 6",
)
VOLUME_FORECAST = _mart(
    "volume_forecast",
    "volumes",
    "prestatie × wlz_uitvoerder × care month",
    (
        common.PRESTATIECODE,
        common.WLZ_UITVOERDER,
        common.CARE_MONTH,
        volumes.OBSERVED_VOLUME,
        lag.COMPLETED_VOLUME,
        volumes.FORECAST_VOLUME,
        *volumes.BOUNDS_VOLUME,
        common.ENGINE,
        common.MODEL,
        common.FLAG,
        volumes.FORECAST_REASON,
    ),
    ("prestatiecode", "wlz_uitvoerder", "care_month"),
    "Observed volumes and their forecast to December of the year after; bounds of the budget year's months.",
    "figures 10 and 11",
    nullable=frozenset(
        {"observed_volume", "completed_volume", "forecast_volume", *(b.name for b in volumes.BOUNDS_VOLUME), "flag"}
    ),
    keep_vintages=13,
)
PRICE_DERIVATION = _as_mart(PRICES, "price_derivation", "table 7, figure 12", keep_vintages=13)
PGB_FORECAST = _mart(
    "pgb_forecast",
    "pgb",
    "zorgkantoorregio × month",
    (
        common.ZORGKANTOORREGIO,
        common.WLZ_UITVOERDER,
        common.MONTH,
        pgb.GRANTED_STAND_EUR,
        pgb.FORECAST_STAND_EUR,
        *common.BOUNDS_EUR,
        common.MODEL,
    ),
    ("zorgkantoorregio", "month"),
    "Stands of granted pgb budgets and their forecast.",
    "figure 13",
    nullable=_OPTIONAL | {"granted_stand_eur", "forecast_stand_eur"},
    keep_vintages=13,
)
AIDS_MONTHLY = _mart(
    "aids_monthly",
    "aids",
    "kind × month",
    (
        deliveries.AID_KIND,
        common.MONTH,
        aids.DECLARED_EUR,
        aids.FORECAST_EUR,
        aids.CUMULATIVE_EUR,
        aids.RESERVE_EUR,
        common.MODEL,
    ),
    ("aid_kind", "month"),
    "Individually adapted aids; outside the contracteerruimte.",
    "figure 9",
    nullable=frozenset({"declared_eur", "forecast_eur"}),
)
FORECAST_BOUNDS_MART = _as_mart(FORECAST_BOUNDS, "forecast_bounds", None, keep_vintages=13)
EXCEEDANCE_MART = _as_mart(EXCEEDANCE, "exceedance", None, None)
UTILISATION_OUTLOOK = _as_mart(OUTLOOK, "utilisation_outlook", None, None)
FORECAST_VINTAGES_MART = _as_mart(FORECAST_VINTAGES, "forecast_vintages", None, None).with_columns(
    *_REALISED,
    nullable=FORECAST_VINTAGES.nullable | {column.name for column in _REALISED},
    description=f"{FORECAST_VINTAGES.description} What came of the year stands beside it once a delivery knows.",
    rebuilt_whole=True,
)
FORECAST_BRIDGE_MART = replace(_as_mart(FORECAST_BRIDGE, "forecast_bridge", None, None), rebuilt_whole=True)
BACKTEST_ACCURACY = _as_mart(BACKTEST, "backtest_accuracy", None, None)
LAG_CURVE_MART = _as_mart(LAG_CURVE, "lag_curve", None, keep_vintages=13)
REVISION_STATISTICS_MART = _as_mart(REVISION_STATISTICS, "revision_statistics", None, None)
DATA_QUALITY_MART = Table(
    "data_quality",
    "quality",
    "mart",
    DATA_QUALITY.grain,
    (*DATA_QUALITY.columns, quality.CHECK_STATUS),
    ("delivery_month", *DATA_QUALITY.key),
    DATA_QUALITY.description,
    DATA_QUALITY.nullable | {"check_status"},
    rebuilt_whole=True,
)
CHECK_FINDINGS_MART = replace(
    CHECK_FINDINGS, layer="mart", key=("delivery_month", *CHECK_FINDINGS.key), rebuilt_whole=True
)
MONITOR_PROVIDER_MART = replace(
    MONITOR_PROVIDER, layer="mart", key=("delivery_month", *MONITOR_PROVIDER.key), keep_vintages=13
)
DELIVERY_STATUS_MART = replace(
    DELIVERY_STATUS, layer="mart", key=("delivery_month", *DELIVERY_STATUS.key), rebuilt_whole=True
)
CHECK_DECISIONS_MART = replace(
    CHECK_DECISIONS, layer="mart", key=("delivery_month", *CHECK_DECISIONS.key), rebuilt_whole=True
)
CLAIM_UNIT_CORRECTIONS_MART = replace(
    CLAIM_UNIT_CORRECTIONS, layer="mart", key=("delivery_month", *CLAIM_UNIT_CORRECTIONS.key), keep_vintages=13
)
CELL_SUPPORT_MART = _as_mart(CELL_SUPPORT, "cell_support", None, keep_vintages=13)
ADVICE_PROVENANCE_MART = _as_mart(ADVICE_PROVENANCE, "advice_provenance", None, None)
EXAMPLE_QUERIES = Table(
    "example_queries",
    "quality",
    "mart",
    "one row per example",
    (quality.QUERY_NAME, quality.QUESTION, quality.SQL_TEXT),
    ("query_name",),
    "Questions analysts ask, with the query that answers them.",
    rebuilt_whole=True,
)
