"""Tables of the stage deliveries: one per kind of delivered file, and the register of all that came in."""

from warehouse.columns import common as c
from warehouse.columns import deliveries as d
from warehouse.contract import Column, Table


def _delivery(
    kind: str,
    grain: str,
    columns: tuple[Column, ...],
    key: tuple[str, ...],
    description: str,
    nullable: frozenset[str] = frozenset(),
    known_issues: tuple[str, ...] = (),
) -> Table:
    with_date = (d.DELIVERY_DATE, *columns)
    return Table(kind, "deliveries", "delivery", grain, with_date, key, description, nullable, known_issues)


DECLARATIES = _delivery(
    "declaraties",
    "zorgkantoor × zorgaanbieder × prestatie × unit × care month",
    (d.ZORGKANTOOR_CODE, d.AGB_CODE, c.PRESTATIECODE, c.CARE_MONTH, c.UNIT_CODE, d.VOLUME, d.AMOUNT_EUR),
    ("zorgkantoor_code", "agb_code", "prestatiecode", "unit_code", "care_month"),
    "Approved claims as known at the delivery date: a full snapshot of all care months.",
    nullable=frozenset({"agb_code"}),
    known_issues=("The last months are incomplete; earlier months still change, also downwards.",),
)
_AGREED = (
    d.YEAR,
    d.ZORGKANTOOR_CODE,
    d.AGB_CODE,
    c.PRESTATIECODE,
    c.UNIT_CODE,
    d.VOLUME,
    d.AMOUNT_EUR,
    d.INCLUDES_NHC_NIC,
)
_AGREED_KEY = ("year", "zorgkantoor_code", "agb_code", "prestatiecode", "unit_code")
HERSCHIKKING = _delivery(
    "herschikking",
    "year × zorgkantoor × agb × prestatie × unit",
    _AGREED,
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
    _AGREED,
    _AGREED_KEY,
    "Settled production of a closed year.",
    nullable=frozenset({"agb_code"}),
)
BELEIDSREGELWAARDEN = _delivery(
    "beleidsregelwaarden",
    "year × prestatie × unit",
    (
        d.YEAR,
        c.PRESTATIECODE,
        c.UNIT_CODE,
        d.MAX_TARIFF_EXCL_EUR_PER_UNIT,
        d.NHC_FULL_EUR_PER_UNIT,
        d.NIC_FULL_EUR_PER_UNIT,
    ),
    ("year", "prestatiecode", "unit_code"),
    "Maximum tariffs per prestatie, NHC and NIC apart.",
)
PGB_VERLENINGEN = _delivery(
    "pgb_verleningen",
    "peildatum × zorgkantoor × budget year",
    (
        d.REFERENCE_DATE,
        d.ZORGKANTOOR_CODE,
        c.BUDGET_YEAR,
        d.GRANTED_EUR,
        d.RESERVED_EUR,
        d.RESERVED_NEXT_YEAR_EUR,
        d.HOLDERS_COUNT,
        d.WAITING_COUNT,
    ),
    ("reference_date", "zorgkantoor_code", "budget_year"),
    "Stands of granted pgb budgets.",
)
KADER = _delivery(
    "kader",
    "stand date × zorgkantoor × budget year",
    (d.STAND_DATE, d.ZORGKANTOOR_CODE, c.BUDGET_YEAR, d.ZIN_BUDGET_EUR, d.PGB_BUDGET_EUR),
    ("stand_date", "zorgkantoor_code", "budget_year"),
    "Budget framework per zorgkantoor, transfers booked up to the stand date included.",
)
OVERHEVELINGEN = _delivery(
    "overhevelingen",
    "one row per transfer",
    (
        d.TRANSFER_DATE,
        c.BUDGET_YEAR,
        d.FROM_ZORGKANTOOR_CODE,
        d.FROM_PART,
        d.TO_ZORGKANTOOR_CODE,
        d.TO_PART,
        d.AMOUNT_EUR,
    ),
    ("transfer_date", "budget_year", "from_zorgkantoor_code", "from_part", "to_zorgkantoor_code", "to_part"),
    "Transfers between regions and between zin and pgb; the amount is what leaves.",
)
NA_IJL = _delivery(
    "na_ijl",
    "reference year × uitvoerder",
    (d.REFERENCE_YEAR, c.WLZ_UITVOERDER, d.LAG_PERCENTAGE),
    ("reference_year", "wlz_uitvoerder"),
    "Late claims of a closed year, as a percentage.",
)
HULPMIDDELEN = _delivery(
    "hulpmiddelen",
    "month × kind",
    (c.MONTH, d.AID_KIND, d.AMOUNT_EUR),
    ("month", "aid_kind"),
    "Individually adapted aids, national.",
)
JAARREKENINGEN = _delivery(
    "jaarrekeningen",
    "year × agb",
    (d.YEAR, d.AGB_CODE, d.SECTOR, d.ZIN_COST_EUR),
    ("year", "agb_code"),
    "Costs in kind from annual accounts.",
)
AFSPRAKEN = _delivery(
    "afspraken",
    "year × zorgkantoor × agb × kind × start",
    (
        d.YEAR,
        d.ZORGKANTOOR_CODE,
        d.AGB_CODE,
        d.AGREEMENT_KIND,
        d.AGREED_REVENUE_EUR,
        d.VALID_FROM,
        d.VALID_TO,
    ),
    ("year", "zorgkantoor_code", "agb_code", "agreement_kind", "valid_from"),
    "Revenue agreements of the budget year.",
    nullable=frozenset({"valid_to"}),
)
PROGNOSE_UITVRAAG = _delivery(
    "prognose_uitvraag",
    "peildatum × zorgkantoor × agb × budget year",
    (d.REFERENCE_DATE, d.ZORGKANTOOR_CODE, d.AGB_CODE, c.BUDGET_YEAR, d.EXPECTED_REVENUE_EUR),
    ("reference_date", "zorgkantoor_code", "agb_code", "budget_year"),
    "Providers' own forecast (optional).",
)
INDICATIES = _delivery(
    "indicaties",
    "month × zorgkantoor × sector",
    (c.MONTH, d.ZORGKANTOOR_CODE, d.SECTOR, d.INDICATION_COUNT),
    ("month", "zorgkantoor_code", "sector"),
    "People with a CIZ indication (optional).",
)

KINDS: dict[str, Table] = {
    table.name: table
    for table in (
        DECLARATIES,
        HERSCHIKKING,
        NACALCULATIE,
        BELEIDSREGELWAARDEN,
        PGB_VERLENINGEN,
        KADER,
        OVERHEVELINGEN,
        NA_IJL,
        HULPMIDDELEN,
        JAARREKENINGEN,
        AFSPRAKEN,
        PROGNOSE_UITVRAAG,
        INDICATIES,
    )
}

DELIVERY_REGISTER = Table(
    "delivery_register",
    "deliveries",
    "lake",
    "one row per delivery taken in",
    (
        d.DELIVERY_ID,
        d.KIND,
        c.DELIVERY_MONTH,
        d.CONTENT_HASH,
        d.RECEIVED_ON,
        d.REGISTERED_AT,
        d.DELIVERY_STATUS,
        d.ROWS_COUNT,
        d.AMOUNT_EUR,
        d.QUARANTINED_COUNT,
        d.QUARANTINED_EUR,
        d.SUPERSEDED_BY,
        d.FILE_NAME,
        d.CHECK_ID,
        d.REASON,
    ),
    ("delivery_id",),
    "Every delivery ever taken in or refused, with its hash, rows and euro.",
    nullable=frozenset({"received_on", "amount_eur", "superseded_by", "check_id", "reason"}),
)
