"""Columns of the stage prices: the decision rule with every intermediate (letter, annex A.2.2, table 7)."""

import polars as pl

from warehouse.contract import MONEY, Column

PRICE_SOURCE = Column(
    "price_source",
    pl.String(),
    "text",
    "a claims of the year, b agreements of the year before, c claims of the year before, d none.",
    "Prijsbron",
    allowed=("a", "b", "c", "d"),
)
PREVIOUS_PRICE = Column(
    "previous_price_eur_per_unit",
    pl.Float64(),
    "eur_per_unit",
    "Mean price of the year before, excl. NHC and NIC, after unit correction.",
    "Gemiddelde prijs vorig jaar",
)
PREVIOUS_MAX_TARIFF = Column(
    "previous_max_tariff_eur_per_unit",
    pl.Float64(),
    "eur_per_unit",
    "Maximum beleidsregelwaarde of the year before, excl. NHC and NIC.",
    "Max. BRW vorig jaar",
)
DISCOUNT_RATIO = Column(
    "discount_ratio",
    pl.Float64(),
    "ratio",
    "Price of the year before ÷ maximum of the year before (kortingspercentage).",
    "Kortingspercentage",
)
MAX_TARIFF = Column(
    "max_tariff_eur_per_unit",
    pl.Float64(),
    "eur_per_unit",
    "Maximum beleidsregelwaarde of the budget year, excl. NHC and NIC.",
    "Max. BRW",
)
NHC = Column("nhc_eur_per_unit", pl.Float64(), "eur_per_unit", "NHC of the budget year, 100 %.", "NHC")
NIC = Column("nic_eur_per_unit", pl.Float64(), "eur_per_unit", "NIC of the budget year, 100 %.", "NIC")
PRICE = Column(
    "price_eur_per_unit",
    pl.Float64(),
    "eur_per_unit",
    "Price the volumes are valued at, incl. NHC and NIC; empty for source d.",
    "Prijs",
)
PRICE_DEVIATION = Column(
    "price_deviation_ratio",
    pl.Float64(),
    "ratio",
    "Relative standard deviation of the price, measured over the prices of its source; empty when it cannot be.",
    "Onzekerheid prijs",
    minimum=0,
)
CLAIMS_VOLUME = Column(
    "claims_volume",
    pl.Float64(),
    "volume",
    "Claimed units of the budget year behind source a.",
    "Aantal achter prijs",
)
REPORTED_PRICE = Column(
    "reported_price_eur_per_unit",
    pl.Float64(),
    "eur_per_unit",
    "Agreed price as reported, before unit correction.",
    "Gerapporteerde prijs",
)
UNIT_FACTOR = Column(
    "unit_factor",
    pl.Float64(),
    "factor",
    "Factor the agreed price was divided by (60: hours for minutes); 1 when untouched.",
    "Eenheidsfactor",
)
UNIT_EVIDENCE = Column(
    "unit_evidence", pl.String(), "text", "What speaks for or against a wrong unit.", "Bewijs eenheid"
)
UNIT_STATUS = Column(
    "unit_status",
    pl.String(),
    "text",
    "Verdict on the unit of the agreed price.",
    "Oordeel eenheid",
    allowed=(
        "ok",
        "unit_error_confirmed",
        "unit_error_unconfirmed",
        "other_unit",
        "ambiguous",
        "scale_error",
        "volume_factor_60",
        "no_reference",
    ),
)
PRICE_FLAGS = Column(
    "price_flags",
    pl.String(),
    "flag",
    "Warnings, separated by a comma: list_tariff, no_brw, ratio_above_one, thin_price, unit_not_convertible, "
    "volume_without_price.",
    "Bijzonderheden prijs",
)

STATE = Column(
    "state",
    pl.String(),
    "text",
    "Whether the month was declared (or granted), completed for lag, or is forecast.",
    "Stand",
    allowed=("declared", "completed", "forecast"),
)
MONTH_VOLUME = Column(
    "month_volume",
    pl.Float64(),
    "volume",
    "Units of the month: observed where it is in the series, else forecast.",
    "Aantal",
)
FORECAST_AMOUNT_EUR = Column(
    "forecast_amount_eur", MONEY, "eur", "Volume times price, rounded to the cent.", "Verwacht bedrag (€)"
)
CODES_COUNT = Column(
    "codes_count", pl.Int64(), "count", "Codes with an expected year that is not 0.", "Codes", minimum=0
)
EXPECTED_RATIO = Column(
    "expected_ratio",
    pl.Float64(),
    "ratio",
    "Share of the expected year without extra items; empty when nothing is expected.",
    "Aandeel",
)
IN_BASE = Column(
    "in_base",
    pl.Boolean(),
    "flag",
    "Counts in the expectation without extra items; meerzorg does not. Empty where the row is of no single prestatie, "
    "and in what an earlier release published.",
    "In basisprognose",
)
