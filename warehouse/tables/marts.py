"""The published marts: what analysts query. One SELECT per mart in ``warehouse/marts/<name>.sql``."""

from dataclasses import replace

from warehouse.columns import aids as a
from warehouse.columns import common as c
from warehouse.columns import deliveries as d
from warehouse.columns import extra_items as e
from warehouse.columns import lag as g
from warehouse.columns import pgb as p
from warehouse.columns import quality as q
from warehouse.columns import utilisation as u
from warehouse.columns import vintages as w
from warehouse.columns import volumes as v
from warehouse.columns.prices import STATE
from warehouse.contract import Column, Table
from warehouse.tables.backtest import BACKTEST
from warehouse.tables.bounds import EXCEEDANCE, FORECAST_BOUNDS, OUTLOOK
from warehouse.tables.bridge import FORECAST_BRIDGE
from warehouse.tables.lag import LAG_CURVE, REVISION_STATISTICS
from warehouse.tables.monitor import DELIVERY_STATUS, MONITOR_PROVIDER
from warehouse.tables.prices import PRICES
from warehouse.tables.quality import ADVICE_PROVENANCE, CHECK_DECISIONS, CHECK_FINDINGS, DATA_QUALITY
from warehouse.tables.series import CLAIM_UNIT_CORRECTIONS
from warehouse.tables.support import CELL_SUPPORT
from warehouse.tables.vintages import FORECAST_VINTAGES

_VINTAGE = (c.DELIVERY_MONTH, c.BUDGET_YEAR, c.SCENARIO)
_VINTAGE_KEY = ("delivery_month", "scenario")
_ROOM = (u.EXPECTED_EXCL_EXTRA_EUR, u.EXPECTED_EUR, u.BUDGET_EUR, u.AVAILABLE_EUR, u.AVAILABLE_RATIO, *c.BOUNDS_EUR)
_TRANSFER = (
    u.TRANSFER_POSSIBLE_EUR,
    u.AVAILABLE_AFTER_TRANSFER_EUR,
    u.AVAILABLE_AFTER_TRANSFER_RATIO,
    u.REDISTRIBUTION_RESERVE_EUR,
    u.RESERVE_NEEDED_RATIO,
    u.RESERVE_LEFT_EUR,
)
_REALISED = (w.REALISED_EUR, w.REALISED_DELIVERY_MONTH, w.ERROR_EUR, w.ERROR_RATIO)
_OPTIONAL = frozenset(
    {"available_ratio", "declared_to_date_eur", "granted_to_date_eur"}
    | {column.name for column in (*c.BOUNDS_EUR, *_TRANSFER, u.DECLARED_MONTH_EUR, u.COMPLETED_MONTH_EUR)}
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
    (c.PART, *_ROOM, *_TRANSFER),
    ("part",),
    "National expectation against the kader, zin and pgb, with the transfer between them and the reserve.",
    "table 1",
)
UTILISATION_UITVOERDER = _mart(
    "utilisation_uitvoerder",
    "utilisation",
    "wlz_uitvoerder × part",
    (c.WLZ_UITVOERDER, c.PART, *_ROOM),
    ("wlz_uitvoerder", "part"),
    "Expectation against the kader per uitvoerder, zin and pgb; Landelijk is the total.",
    "table 2",
)
ZIN_UITVOERDER = _mart(
    "zin_uitvoerder",
    "utilisation",
    "wlz_uitvoerder",
    (c.WLZ_UITVOERDER, u.DECLARED_TO_DATE_EUR, *_ROOM),
    ("wlz_uitvoerder",),
    "Zorg in natura per uitvoerder; Landelijk is the total.",
    "table 3, figure 4",
)
EXTRA_ITEMS_UITVOERDER = _mart(
    "extra_items_uitvoerder",
    "extra_items",
    "wlz_uitvoerder",
    (
        c.WLZ_UITVOERDER,
        e.CRISISBEDDEN_EUR,
        e.NA_IJL_EUR,
        e.MEERZORG_EUR,
        e.EXTRA_ITEMS_EUR,
        e.MEERZORG_CLAIMS_EUR,
        e.DELIVERED_LAG_RATIO,
        e.DERIVED_LAG_RATIO,
        c.FLAG,
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
    (c.WLZ_UITVOERDER, p.GRANTED_TO_DATE_EUR, *_ROOM),
    ("wlz_uitvoerder",),
    "Pgb per uitvoerder; Landelijk is the total.",
    "table 5, figure 7",
)
PGB_REGION = _mart(
    "pgb_region",
    "pgb",
    "zorgkantoorregio",
    (c.ZORGKANTOORREGIO, c.WLZ_UITVOERDER, p.GRANTED_TO_DATE_EUR, *_ROOM),
    ("zorgkantoorregio",),
    "Pgb per region; Landelijk is the total.",
    "table 6, figure 8",
)
ZIN_REGION = _mart(
    "zin_region",
    "utilisation",
    "zorgkantoorregio",
    (c.ZORGKANTOORREGIO, c.WLZ_UITVOERDER, u.DECLARED_TO_DATE_EUR, e.EXTRA_ITEMS_EUR, *_ROOM),
    ("zorgkantoorregio",),
    "Zorg in natura per region: declared to date, expected, kader. Landelijk is the total.",
    "monthly publication of zorgkantoren",
)
UTILISATION_MONTHLY = _mart(
    "utilisation_monthly",
    "utilisation",
    "month × part",
    (
        c.MONTH,
        c.PART,
        STATE,
        u.DECLARED_MONTH_EUR,
        u.COMPLETED_MONTH_EUR,
        u.AMOUNT_MONTH_EUR,
        u.EXPECTED_CUMULATIVE_EUR,
        u.EXPECTED_CUMULATIVE_INCL_EXTRA_EUR,
        u.BUDGET_EUR,
        *c.BOUNDS_EUR,
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
        c.PRESTATIECODE,
        c.WLZ_UITVOERDER,
        c.CARE_MONTH,
        v.OBSERVED_VOLUME,
        g.COMPLETED_VOLUME,
        v.FORECAST_VOLUME,
        *v.BOUNDS_VOLUME,
        c.ENGINE,
        c.MODEL,
        c.FLAG,
        v.FORECAST_REASON,
    ),
    ("prestatiecode", "wlz_uitvoerder", "care_month"),
    "Observed volumes and their forecast to December of the year after; bounds of the budget year's months.",
    "figures 10 and 11",
    nullable=frozenset(
        {"observed_volume", "completed_volume", "forecast_volume", *(b.name for b in v.BOUNDS_VOLUME), "flag"}
    ),
    keep_vintages=13,
)
PRICE_DERIVATION = _as_mart(PRICES, "price_derivation", "table 7, figure 12", keep_vintages=13)
PGB_FORECAST = _mart(
    "pgb_forecast",
    "pgb",
    "zorgkantoorregio × month",
    (c.ZORGKANTOORREGIO, c.WLZ_UITVOERDER, c.MONTH, p.GRANTED_STAND_EUR, p.FORECAST_STAND_EUR, *c.BOUNDS_EUR, c.MODEL),
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
    (d.AID_KIND, c.MONTH, a.DECLARED_EUR, a.FORECAST_EUR, a.CUMULATIVE_EUR, a.RESERVE_EUR, c.MODEL),
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
    (*DATA_QUALITY.columns, q.CHECK_STATUS),
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
    (q.QUERY_NAME, q.QUESTION, q.SQL_TEXT),
    ("query_name",),
    "Questions analysts ask, with the query that answers them.",
    rebuilt_whole=True,
)

MARTS: dict[str, Table] = {
    table.name: table
    for table in (
        UTILISATION_NATIONAL,
        UTILISATION_UITVOERDER,
        ZIN_UITVOERDER,
        EXTRA_ITEMS_UITVOERDER,
        PGB_UITVOERDER,
        PGB_REGION,
        ZIN_REGION,
        UTILISATION_MONTHLY,
        VOLUME_FORECAST,
        PRICE_DERIVATION,
        PGB_FORECAST,
        AIDS_MONTHLY,
        FORECAST_BOUNDS_MART,
        EXCEEDANCE_MART,
        UTILISATION_OUTLOOK,
        FORECAST_VINTAGES_MART,
        FORECAST_BRIDGE_MART,
        BACKTEST_ACCURACY,
        LAG_CURVE_MART,
        REVISION_STATISTICS_MART,
        DATA_QUALITY_MART,
        CHECK_FINDINGS_MART,
        CHECK_DECISIONS_MART,
        MONITOR_PROVIDER_MART,
        CLAIM_UNIT_CORRECTIONS_MART,
        DELIVERY_STATUS_MART,
        CELL_SUPPORT_MART,
        ADVICE_PROVENANCE_MART,
        EXAMPLE_QUERIES,
    )
}
