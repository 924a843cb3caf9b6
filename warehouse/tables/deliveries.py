"""Tables of the stage deliveries: one per kind of delivered file, and the register of all that came in."""

from warehouse.columns import common, deliveries, register
from warehouse.contract import Column, Table

AFTER = ""


def _delivery(
    kind: str,
    grain: str,
    columns: tuple[Column, ...],
    key: tuple[str, ...],
    description: str,
    nullable: frozenset[str] = frozenset(),
    known_issues: tuple[str, ...] = (),
    *,
    may_be_empty: bool = False,
    is_settled: bool = False,
) -> Table:
    with_date = (deliveries.DELIVERY_DATE, *columns)
    return Table(
        kind,
        "deliveries",
        "delivery",
        grain,
        with_date,
        key,
        description,
        nullable,
        known_issues,
        may_be_empty=may_be_empty,
        is_settled=is_settled,
    )


DECLARATIES = _delivery(
    "declaraties",
    "zorgkantoor × zorgaanbieder × prestatie × unit × care month",
    (
        deliveries.ZORGKANTOOR_CODE,
        deliveries.AGB_CODE,
        common.PRESTATIECODE,
        common.CARE_MONTH,
        common.UNIT_CODE,
        deliveries.VOLUME,
        deliveries.AMOUNT_EUR,
    ),
    ("zorgkantoor_code", "agb_code", "prestatiecode", "unit_code", "care_month"),
    "Approved claims as known at the delivery date: a full snapshot of all care months.",
    nullable=frozenset({"agb_code"}),
    known_issues=("The last months are incomplete; earlier months still change, also downwards.",),
)
_AGREED = (
    deliveries.ZORGKANTOOR_CODE,
    deliveries.AGB_CODE,
    common.PRESTATIECODE,
    common.UNIT_CODE,
    deliveries.VOLUME,
    deliveries.AMOUNT_EUR,
    deliveries.INCLUDES_NHC_NIC,
)
_AGREED_KEY = ("year", "zorgkantoor_code", "agb_code", "prestatiecode", "unit_code")
HERSCHIKKING = _delivery(
    "herschikking",
    "year × zorgkantoor × agb × prestatie × unit",
    (deliveries.YEAR, *_AGREED),
    _AGREED_KEY,
    "Agreements after reallocation: price times volume per prestatie.",
    nullable=frozenset({"agb_code"}),
    known_issues=(
        "Some agreements are in hours where the claims are in minutes.",
        "No longer delivered per prestatie from 2018 on.",
    ),
)
NACALCULATIE = _delivery(
    "nacalculatie",
    "year × zorgkantoor × agb × prestatie × unit",
    (deliveries.YEAR, *_AGREED),
    _AGREED_KEY,
    "Settled production of a closed year.",
    nullable=frozenset({"agb_code"}),
    known_issues=("No longer delivered per prestatie from 2018 on: totals, nacalculatie_totaal.",),
    is_settled=True,
)
NACALCULATIE_TOTAAL = _delivery(
    "nacalculatie_totaal",
    "year × zorgkantoor × agb × kind",
    (
        deliveries.YEAR,
        deliveries.ZORGKANTOOR_CODE,
        deliveries.AGB_CODE,
        deliveries.AGREEMENT_KIND,
        deliveries.SETTLED_EUR,
    ),
    ("year", "zorgkantoor_code", "agb_code", "agreement_kind"),
    "Settled totals of a closed year per provider and kind of agreement, from year 2018 on.",
    is_settled=True,
)
BELEIDSREGELWAARDEN = _delivery(
    "beleidsregelwaarden",
    "year × prestatie × unit",
    (
        deliveries.YEAR,
        common.PRESTATIECODE,
        common.UNIT_CODE,
        deliveries.MAX_TARIFF_EXCL_EUR_PER_UNIT,
        deliveries.NHC_FULL_EUR_PER_UNIT,
        deliveries.NIC_FULL_EUR_PER_UNIT,
    ),
    ("year", "prestatiecode", "unit_code"),
    "Maximum tariffs per prestatie, NHC and NIC apart.",
)
PGB_VERLENINGEN = _delivery(
    "pgb_verleningen",
    "peildatum × zorgkantoor × budget year",
    (
        deliveries.REFERENCE_DATE,
        deliveries.ZORGKANTOOR_CODE,
        common.BUDGET_YEAR,
        deliveries.GRANTED_EUR,
        deliveries.RESERVED_EUR,
        deliveries.RESERVED_NEXT_YEAR_EUR,
        deliveries.HOLDERS_COUNT,
        deliveries.WAITING_COUNT,
    ),
    ("reference_date", "zorgkantoor_code", "budget_year"),
    "Stands of granted pgb budgets.",
)
KADER = _delivery(
    "kader",
    "stand date × zorgkantoor × budget year",
    (
        deliveries.STAND_DATE,
        deliveries.ZORGKANTOOR_CODE,
        common.BUDGET_YEAR,
        deliveries.ZIN_BUDGET_EUR,
        deliveries.PGB_BUDGET_EUR,
    ),
    ("stand_date", "zorgkantoor_code", "budget_year"),
    "Budget framework per zorgkantoor, transfers booked up to the stand date included.",
)
OVERHEVELINGEN = _delivery(
    "overhevelingen",
    "one row per transfer",
    (
        deliveries.TRANSFER_DATE,
        common.BUDGET_YEAR,
        deliveries.FROM_ZORGKANTOOR_CODE,
        deliveries.FROM_PART,
        deliveries.TO_ZORGKANTOOR_CODE,
        deliveries.TO_PART,
        deliveries.AMOUNT_EUR,
    ),
    ("transfer_date", "budget_year", "from_zorgkantoor_code", "from_part", "to_zorgkantoor_code", "to_part"),
    "Transfers between regions and between zin and pgb; the amount is what leaves.",
    may_be_empty=True,
)
NA_IJL = _delivery(
    "na_ijl",
    "reference year × uitvoerder",
    (deliveries.REFERENCE_YEAR, common.WLZ_UITVOERDER, deliveries.LAG_PERCENTAGE),
    ("reference_year", "wlz_uitvoerder"),
    "Late claims of a closed year, as a percentage.",
)
HULPMIDDELEN = _delivery(
    "hulpmiddelen",
    "month × kind",
    (common.MONTH, deliveries.AID_KIND, deliveries.AMOUNT_EUR),
    ("month", "aid_kind"),
    "Individually adapted aids, national.",
)
JAARREKENINGEN = _delivery(
    "jaarrekeningen",
    "year × agb",
    (deliveries.YEAR, deliveries.AGB_CODE, deliveries.SECTOR, deliveries.ZIN_COST_EUR),
    ("year", "agb_code"),
    "Costs in kind from annual accounts.",
    is_settled=True,
)
AFSPRAKEN = _delivery(
    "afspraken",
    "year × zorgkantoor × agb × kind × start",
    (
        deliveries.YEAR,
        deliveries.ZORGKANTOOR_CODE,
        deliveries.AGB_CODE,
        deliveries.AGREEMENT_KIND,
        deliveries.AGREED_REVENUE_EUR,
        deliveries.VALID_FROM,
        deliveries.VALID_TO,
    ),
    ("year", "zorgkantoor_code", "agb_code", "agreement_kind", "valid_from"),
    "Revenue agreements of the budget year.",
    nullable=frozenset({"valid_to"}),
)
PROGNOSE_UITVRAAG = _delivery(
    "prognose_uitvraag",
    "peildatum × zorgkantoor × agb × budget year",
    (
        deliveries.REFERENCE_DATE,
        deliveries.ZORGKANTOOR_CODE,
        deliveries.AGB_CODE,
        common.BUDGET_YEAR,
        deliveries.EXPECTED_REVENUE_EUR,
    ),
    ("reference_date", "zorgkantoor_code", "agb_code", "budget_year"),
    "Providers' own forecast (optional).",
    may_be_empty=True,
)
INDICATIES = _delivery(
    "indicaties",
    "month × zorgkantoor × sector",
    (common.MONTH, deliveries.ZORGKANTOOR_CODE, deliveries.SECTOR, deliveries.INDICATION_COUNT),
    ("month", "zorgkantoor_code", "sector"),
    "People with a CIZ indication (optional).",
    may_be_empty=True,
)

# Every table above: a kind of delivery exists once its table does.
KINDS: dict[str, Table] = {table.name: table for table in tuple(vars().values()) if isinstance(table, Table)}

DELIVERY_REGISTER = Table(
    "delivery_register",
    "deliveries",
    "lake",
    "one row per delivery taken in",
    (
        register.DELIVERY_ID,
        register.KIND,
        common.DELIVERY_MONTH,
        register.CONTENT_HASH,
        register.RECEIVED_ON,
        register.REGISTERED_AT,
        register.DELIVERY_STATUS,
        register.ROWS_COUNT,
        deliveries.AMOUNT_EUR,
        register.QUARANTINED_COUNT,
        register.QUARANTINED_EUR,
        register.SUPERSEDED_BY,
        register.FILE_NAME,
        register.CHECK_ID,
        register.REASON,
    ),
    ("delivery_id",),
    "Every delivery ever taken in or refused, with its hash, rows and euro.",
    nullable=frozenset({"received_on", "amount_eur", "superseded_by", "check_id", "reason"}),
)
