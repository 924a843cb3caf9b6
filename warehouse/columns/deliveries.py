"""Columns of the delivered files. ``source_name`` is the header as delivered (Dutch)."""

import polars as pl

from warehouse.columns.common import FIRST_DAY, FIVE_YEARS, LAST_DAY, OVER, TWO_YEARS
from warehouse.contract import MONEY, Column

DELIVERY_DATE = Column(
    "delivery_date",
    pl.Date(),
    "date",
    "Date on which the sender made the delivery.",
    "Aanleverdatum",
    source_name="aanleverdatum",
    minimum=FIRST_DAY,
    maximum=LAST_DAY,
    ahead_months=FIVE_YEARS,
)
ZORGKANTOOR_CODE = Column(
    "zorgkantoor_code",
    pl.String(),
    "code",
    "Code of the zorgkantoor (COD001, 55xx), valid on a date.",
    "Zorgkantoorcode",
    source_name="zorgkantoorcode",
    pattern=r"[0-9]{4}",
)
AGB_CODE = Column(
    "agb_code",
    pl.String(),
    "code",
    "AGB code of the provider; empty in an aggregated delivery.",
    "AGB-code",
    source_name="agb_code",
    pattern=r"[0-9]{8}",
)
VOLUME = Column(
    "volume",
    pl.Float64(),
    "volume",
    "Number of units; corrections are negative.",
    "Aantal",
    source_name="aantal",
    largest=9e8,
)
AMOUNT_EUR = Column(
    "amount_eur",
    MONEY,
    "eur",
    "Amount in euro, to the cent; corrections are negative. In claims: approved and reimbursed, incl. NHC and NIC.",
    "Bedrag (€)",
    source_name="bedrag",
    largest=5e9,
)
YEAR = Column(
    "year",
    pl.Int32(),
    "year",
    "Calendar year the row is about.",
    "Jaar",
    source_name="jaar",
    minimum=2000,
    maximum=2100,
    ahead_months=TWO_YEARS,
)
INCLUDES_NHC_NIC = Column(
    "includes_nhc_nic",
    pl.String(),
    "flag",
    "Whether the amount holds NHC and NIC as paid that year.",
    "Inclusief NHC en NIC",
    source_name="inclusief_nhc_nic",
    allowed=("ja", "nee"),
)
MAX_TARIFF_EXCL_EUR_PER_UNIT = Column(
    "max_tariff_excl_eur_per_unit",
    pl.Float64(),
    "eur_per_unit",
    "Maximum beleidsregelwaarde excl. NHC and NIC.",
    "Maximale beleidsregelwaarde",
    source_name="max_brw",
    minimum=0,
    maximum=100_000,
)
NHC_FULL_EUR_PER_UNIT = Column(
    "nhc_full_eur_per_unit",
    pl.Float64(),
    "eur_per_unit",
    "NHC at 100 %; the share paid in a year comes from the grow-in table.",
    "NHC (100 %)",
    source_name="nhc",
    minimum=0,
    maximum=100_000,
)
NIC_FULL_EUR_PER_UNIT = Column(
    "nic_full_eur_per_unit",
    pl.Float64(),
    "eur_per_unit",
    "NIC at 100 %.",
    "NIC (100 %)",
    source_name="nic",
    minimum=0,
    maximum=100_000,
)
REFERENCE_DATE = Column(
    "reference_date",
    pl.Date(),
    "date",
    "Date the stand is of (peildatum).",
    "Peildatum",
    source_name="peildatum",
    minimum=FIRST_DAY,
    maximum=LAST_DAY,
    ahead_months=0,
)
GRANTED_EUR = Column(
    "granted_eur",
    MONEY,
    "eur",
    "Stand of the pgb budgets granted for the budget year, without reserveringen.",
    "Verleend (€)",
    source_name="verleend",
    minimum=0,
    maximum=1e10,
)
RESERVED_EUR = Column(
    "reserved_eur",
    MONEY,
    "eur",
    "Reserved for pgb in the budget year.",
    "Gereserveerd (€)",
    source_name="gereserveerd",
    minimum=0,
    maximum=1e10,
)
RESERVED_NEXT_YEAR_EUR = Column(
    "reserved_next_year_eur",
    MONEY,
    "eur",
    "Reserved for pgb in the year after.",
    "Gereserveerd volgend jaar (€)",
    source_name="gereserveerd_volgend_jaar",
    minimum=0,
    maximum=1e10,
)
HOLDERS_COUNT = Column(
    "holders_count",
    pl.Int64(),
    "count",
    "Number of pgb holders.",
    "Budgethouders",
    source_name="houders",
    minimum=0,
    largest=1_000_000,
)
WAITING_COUNT = Column(
    "waiting_count",
    pl.Int64(),
    "count",
    "Number of people waiting for a pgb.",
    "Wachtlijst",
    source_name="wachtlijst",
    minimum=0,
    largest=1_000_000,
)
STAND_DATE = Column(
    "stand_date",
    pl.Date(),
    "date",
    "Date the stand of the kader is of.",
    "Standdatum",
    source_name="standdatum",
    minimum=FIRST_DAY,
    maximum=LAST_DAY,
    ahead_months=0,
)
ZIN_BUDGET_EUR = Column(
    "zin_budget_eur",
    MONEY,
    "eur",
    "Kader for zorg in natura (contracteerruimte).",
    "Kader zin (€)",
    source_name="zin",
    minimum=0,
    maximum=2e10,
)
PGB_BUDGET_EUR = Column(
    "pgb_budget_eur",
    MONEY,
    "eur",
    "Kader for pgb (subsidieplafond).",
    "Kader pgb (€)",
    source_name="pgb",
    minimum=0,
    maximum=2e10,
)
TRANSFER_DATE = Column(
    "transfer_date",
    pl.Date(),
    "date",
    "Date the transfer was booked.",
    "Datum overheveling",
    source_name="datum",
    minimum=FIRST_DAY,
    maximum=LAST_DAY,
    ahead_months=12,
)
FROM_ZORGKANTOOR_CODE = Column(
    "from_zorgkantoor_code",
    pl.String(),
    "code",
    "Zorgkantoor the money leaves.",
    "Van zorgkantoor",
    source_name="van_zorgkantoor",
    pattern=r"[0-9]{4}",
)
FROM_PART = Column(
    "from_part",
    pl.String(),
    "text",
    "Part of the kader the money leaves.",
    "Van deel",
    source_name="van_deel",
    allowed=("zin", "pgb"),
)
TO_ZORGKANTOOR_CODE = Column(
    "to_zorgkantoor_code",
    pl.String(),
    "code",
    "Zorgkantoor the money goes to.",
    "Naar zorgkantoor",
    source_name="naar_zorgkantoor",
    pattern=r"[0-9]{4}",
)
TO_PART = Column(
    "to_part",
    pl.String(),
    "text",
    "Part of the kader the money goes to.",
    "Naar deel",
    source_name="naar_deel",
    allowed=("zin", "pgb"),
)
REFERENCE_YEAR = Column(
    "reference_year",
    pl.Int32(),
    "year",
    "Year whose late claims were measured.",
    "Referentiejaar",
    source_name="referentiejaar",
    minimum=2000,
    maximum=2100,
    ahead_months=OVER,
)
LAG_PERCENTAGE = Column(
    "lag_percentage",
    pl.Float64(),
    "percent",
    "Late claims in percent of the year, as printed (0.10 is 0.10 %).",
    "Na-ijlpercentage",
    source_name="percentage",
    minimum=-100,
    maximum=100,
)
AID_KIND = Column(
    "aid_kind",
    pl.String(),
    "text",
    "Kind of individually adapted aid.",
    "Soort hulpmiddel",
    source_name="soort",
    allowed=("mobiliteit", "persoonsgebonden"),
)
SECTOR = Column(
    "sector",
    pl.String(),
    "text",
    "Sector: VV, GZ or GGZ.",
    "Sector",
    source_name="sector",
    allowed=("VV", "GZ", "GGZ"),
)
ZIN_COST_EUR = Column(
    "zin_cost_eur",
    MONEY,
    "eur",
    "Wlz costs in kind in the annual accounts.",
    "Wlz-kosten zin (€)",
    source_name="wlz_zin_kosten",
    largest=5e9,
)
AGREEMENT_KIND = Column(
    "agreement_kind",
    pl.String(),
    "text",
    "Kind of revenue agreement.",
    "Soort afspraak",
    source_name="soort",
    allowed=("prestaties", "lumpsum", "kassier"),
)
AGREED_REVENUE_EUR = Column(
    "agreed_revenue_eur",
    MONEY,
    "eur",
    "Revenue agreed for the year.",
    "Omzetafspraak (€)",
    source_name="omzetafspraak",
    minimum=0,
    maximum=5e9,
)
SETTLED_EUR = Column(
    "settled_eur",
    MONEY,
    "eur",
    "Settled for the year: what was realised, at most what was agreed; negative where more is taken back.",
    "Gerealiseerd (€)",
    source_name="gerealiseerd",
    largest=5e9,
)
VALID_FROM = Column(
    "valid_from",
    pl.Date(),
    "date",
    "First day the row holds.",
    "Geldig van",
    source_name="geldig_van",
    minimum=FIRST_DAY,
    maximum=LAST_DAY,
    ahead_months=TWO_YEARS,
)
VALID_TO = Column(
    "valid_to",
    pl.Date(),
    "date",
    "Last day the row holds; empty while it still does.",
    "Geldig tot",
    source_name="geldig_tot",
    minimum=FIRST_DAY,
    maximum=LAST_DAY,
)
EXPECTED_REVENUE_EUR = Column(
    "expected_revenue_eur",
    MONEY,
    "eur",
    "Revenue of the year the provider expects.",
    "Verwachte omzet (€)",
    source_name="verwachte_omzet",
    largest=5e9,
)
INDICATION_COUNT = Column(
    "indication_count",
    pl.Int64(),
    "count",
    "People with a valid CIZ indication.",
    "Indicaties",
    source_name="aantal",
    minimum=0,
    largest=1_000_000,
)
