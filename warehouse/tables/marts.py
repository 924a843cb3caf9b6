"""The published marts: what analysts query. ``mart_sql.py`` has their SELECTs."""

from functools import partial

from warehouse.columns import (
    common,
    extra_items,
    lag,
    pgb,
    prices,
    quality,
    utilisation,
    vintages,
    volumes,
)
from warehouse.contract import Table
from warehouse.mart import copy_table, define_mart
from warehouse.tables.aids import AIDS
from warehouse.tables.balance import DELIVERY_BALANCE
from warehouse.tables.bounds import EXCEEDANCE, FORECAST_BOUNDS, OUTLOOK
from warehouse.tables.lag import LAG_CURVE, REVISION_STATISTICS
from warehouse.tables.monitor import DELIVERY_STATUS, MONITOR_PROVIDER
from warehouse.tables.prices import CODE_TRUST, PRICES
from warehouse.tables.quality import ADVICE_PROVENANCE, CHECK_DECISIONS, CHECK_FINDINGS, DATA_QUALITY
from warehouse.tables.series import CLAIM_UNIT_CORRECTIONS, CODE_LIST
from warehouse.tables.support import CELL_SUPPORT
from warehouse.tables.vintages import ADVICE_WITHDRAWALS, FORECAST_BRIDGE, FORECAST_VINTAGES, HEADLINE
from warehouse.tables.volumes import BACKTEST

AFTER = "balance"

_ROOM = (
    utilisation.EXPECTED_EXCL_EXTRA_EUR,
    utilisation.EXPECTED_EUR,
    utilisation.BUDGET_EUR,
    utilisation.AVAILABLE_EUR,
    utilisation.AVAILABLE_RATIO,
    *common.BOUNDS_EUR,
    *utilisation.AVAILABLE_BOUNDS_EUR,
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
_BOUNDS = (*common.BOUNDS_EUR, *utilisation.AVAILABLE_BOUNDS_EUR)
_OPTIONAL = frozenset(
    {"available_ratio", "declared_to_date_eur", "granted_to_date_eur"}
    | {
        column.name
        for column in (*_BOUNDS, *_TRANSFER, utilisation.DECLARED_MONTH_EUR, utilisation.COMPLETED_MONTH_EUR)
    }
)


_mart = partial(define_mart, nullable=_OPTIONAL)

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
        extra_items.OTHER_ITEMS_EUR,
        extra_items.EXTRA_ITEMS_EUR,
        extra_items.LEFT_OUT_CLAIMS_EUR,
        extra_items.MEERZORG_CLAIMS_EUR,
        extra_items.METHODS,
        extra_items.RATIO_YEAR,
        extra_items.DELIVERED_LAG_RATIO,
        extra_items.DERIVED_LAG_RATIO,
        common.FLAG,
    ),
    ("wlz_uitvoerder",),
    "Extra items per uitvoerder; Landelijk is the total.",
    "table 4, figure 5",
    nullable=frozenset(
        {
            *("crisisbedden_eur", "na_ijl_eur", "meerzorg_eur", "other_items_eur", "left_out_claims_eur"),
            *("meerzorg_claims_eur", "item_methods", "ratio_year", "delivered_lag_ratio", "derived_lag_ratio", "flag"),
        }
    ),
)
EXTRA_ITEM_METHODS = _mart(
    "extra_item_methods",
    "extra_items",
    "wlz_uitvoerder × item × item_method × ratio_year",
    (
        common.WLZ_UITVOERDER,
        extra_items.ITEM,
        extra_items.ITEM_METHOD,
        extra_items.RATIO_YEAR,
        extra_items.ITEM_EUR,
        extra_items.CLAIMS_FORECAST_EUR,
    ),
    ("wlz_uitvoerder", "item", "item_method", "ratio_year"),
    "How every extra item came about, and on the ratio of which year; Landelijk is the total.",
    None,
    nullable=frozenset({"item_method", "ratio_year", "item_eur", "claims_forecast_eur"}),
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
        prices.IN_BASE,
    ),
    ("prestatiecode", "wlz_uitvoerder", "care_month"),
    "Observed volumes and their forecast to December of the year after; bounds of the budget year's months.",
    "figures 10 and 11",
    nullable=frozenset(
        {
            "observed_volume",
            "completed_volume",
            "forecast_volume",
            *(b.name for b in volumes.BOUNDS_VOLUME),
            "flag",
            "in_base",
        }
    ),
    keep_vintages=13,
)
PRICE_DERIVATION = copy_table(PRICES, "price_derivation", "table 7, figure 12", keep_vintages=13).with_columns(
    prices.IN_BASE, nullable=PRICES.nullable | {"in_base"}, copies=None
)
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
AIDS_MONTHLY = copy_table(AIDS, "aids_monthly", "figure 9")
FORECAST_BOUNDS_MART = copy_table(FORECAST_BOUNDS, keep_vintages=13).with_columns(
    prices.IN_BASE, nullable=FORECAST_BOUNDS.nullable | {"in_base"}, copies=None
)
EXCEEDANCE_MART = copy_table(EXCEEDANCE)
UTILISATION_OUTLOOK = copy_table(OUTLOOK)
FORECAST_VINTAGES_MART = copy_table(FORECAST_VINTAGES).with_columns(
    *_REALISED,
    nullable=FORECAST_VINTAGES.nullable | {column.name for column in _REALISED},
    description=f"{FORECAST_VINTAGES.description} What came of the year stands beside it once a delivery knows.",
    copies=None,
)
FORECAST_BRIDGE_MART = copy_table(FORECAST_BRIDGE)
HEADLINE_MART = copy_table(HEADLINE)
ADVICE_WITHDRAWALS_MART = copy_table(ADVICE_WITHDRAWALS)
CODE_LIST_MART = copy_table(CODE_LIST)
CODE_TRUST_MART = copy_table(CODE_TRUST)
BACKTEST_ACCURACY = copy_table(BACKTEST, "backtest_accuracy")
LAG_CURVE_MART = copy_table(LAG_CURVE, keep_vintages=13, of_one_scenario=True)
REVISION_STATISTICS_MART = copy_table(REVISION_STATISTICS, of_one_scenario=True)
DATA_QUALITY_MART = copy_table(DATA_QUALITY)
CHECK_FINDINGS_MART = copy_table(CHECK_FINDINGS)
MONITOR_PROVIDER_MART = copy_table(MONITOR_PROVIDER, keep_vintages=13)
DELIVERY_STATUS_MART = copy_table(DELIVERY_STATUS)
CHECK_DECISIONS_MART = copy_table(CHECK_DECISIONS)
CLAIM_UNIT_CORRECTIONS_MART = copy_table(CLAIM_UNIT_CORRECTIONS, keep_vintages=13)
CELL_SUPPORT_MART = copy_table(CELL_SUPPORT, keep_vintages=13)
ADVICE_PROVENANCE_MART = copy_table(ADVICE_PROVENANCE)
DELIVERY_BALANCE_MART = copy_table(DELIVERY_BALANCE)
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
