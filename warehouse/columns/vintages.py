"""Columns of the stage vintages: every advice ever made, what came of its year, what moved between two of them."""

import polars as pl

from warehouse.contract import MONEY, Column

ADVICE_ID = Column(
    "advice_id",
    pl.String(),
    "code",
    "The advice: its delivery month, and for a frozen one -final- with its number.",
    "Advies",
)
ADVICE_STATE = Column(
    "advice_state",
    pl.String(),
    "text",
    "Whether the row is the last computation of the month, or was frozen by a person and stays as it is.",
    "Status advies",
    allowed=("current", "final"),
)
AUTHOR = Column("author", pl.String(), "text", "Who froze the advice; empty while it is not final.", "Vastgesteld door")
FROZEN_AT = Column(
    "frozen_at",
    pl.Datetime("us"),
    "timestamp",
    "When the advice was frozen (UTC); empty while it is not final.",
    "Vastgesteld op",
)
CLAIMS_DELIVERY_ID = Column(
    "claims_delivery_id", pl.String(), "code", "Claims delivery the advice rests on.", "Aanlevering declaraties"
)
CODE_VERSION = Column(
    "code_version", pl.String(), "code", "Version of the project that computed the advice.", "Versie programma"
)
INPUTS_HASH = Column(
    "inputs_hash",
    pl.String(),
    "code",
    "SHA-256 over everything the advice rests on: name, version and content hash of every input.",
    "Hash invoer",
)
REALISED_EUR = Column(
    "realised_eur",
    MONEY,
    "eur",
    "What came of the budget year. zin: claims without meerzorg. pgb: December stand. Empty while it is not known.",
    "Realisatie (€)",
)
REALISED_DELIVERY_MONTH = Column(
    "realised_delivery_month",
    pl.Date(),
    "month",
    "Delivery month the realisation is known from: the latest one that knows the year.",
    "Aanlevermaand realisatie",
)
ERROR_EUR = Column(
    "error_eur",
    MONEY,
    "eur",
    "Expected without extra items minus realised: above 0 is too much expected.",
    "Afwijking (€)",
)
ERROR_RATIO = Column("error_ratio", pl.Float64(), "ratio", "Error ÷ realised.", "Afwijking (%)")
FROM_DELIVERY_MONTH = Column(
    "from_delivery_month",
    pl.Date(),
    "month",
    "Delivery month of the advice compared with.",
    "Aanlevermaand vorig advies",
)
FROM_SCENARIO = Column(
    "from_scenario",
    pl.String(),
    "text",
    "Scenario of the advice compared with: the same, or letter where that advice did not have it.",
    "Scenario vorig advies",
)
COMPONENT = Column(
    "component",
    pl.String(),
    "text",
    "What moved the room, in the order of the bridge; moved is what regions took along to another uitvoerder.",
    "Onderdeel",
    allowed=("moved", "volume", "price", "lag", "extra_items", "pgb", "kader", "transfers"),
)
CHANGE_EUR = Column(
    "change_eur",
    MONEY,
    "eur",
    "What the component did to the available room of zin and pgb together: below 0 is less room.",
    "Effect op de ruimte (€)",
)
AVAILABLE_BEFORE_EUR = Column(
    "available_before_eur",
    MONEY,
    "eur",
    "Available room of zin and pgb together in the advice compared with; the same in every row of the uitvoerder.",
    "Ruimte vorig advies (€)",
)
AVAILABLE_AFTER_EUR = Column(
    "available_after_eur",
    MONEY,
    "eur",
    "Available room of zin and pgb together in this advice; the same in every row of the uitvoerder.",
    "Ruimte dit advies (€)",
)
HEADLINE_REASON = Column(
    "headline_reason",
    pl.String(),
    "text",
    "Why this scenario is shown first: named by the round, its months are completed for lag, the method of the letter, "
    "or the first one computed.",
    "Waarom deze rekenwijze vooraan staat",
)
CLAIMS_MONTH = Column(
    "claims_month",
    pl.Date(),
    "month",
    "Delivery month of the claims the advice rests on; empty in a month published before this was said.",
    "Aanlevermaand declaraties",
)
CLAIMS_BASIS = Column(
    "claims_basis",
    pl.String(),
    "text",
    "own: claims of the delivery month itself; refused: those of the month were refused, so the last accepted ones; "
    "late: those of the month came after the cut-off of its round; asked: none of the month were delivered, and a "
    "person asked for the last ones (--rest-on-last).",
    "Waarop de declaraties berusten",
    allowed=("own", "refused", "late", "asked"),
)
WITHDRAWN_AT = Column(
    "withdrawn_at", pl.Datetime("us"), "timestamp", "When the advice was withdrawn (UTC).", "Ingetrokken op"
)
WITHDRAWN_BY = Column("withdrawn_by", pl.String(), "text", "Who withdrew the advice.", "Ingetrokken door")
WITHDRAWAL_REASON = Column(
    "withdrawal_reason", pl.String(), "text", "Why, in the author's words.", "Reden van intrekking"
)
STANDS_AGAIN_AT = Column(
    "stands_again_at",
    pl.Datetime("us"),
    "timestamp",
    "When a later run of the month made another advice, or a person froze this one (UTC). Empty: still withdrawn.",
    "Geldt weer sinds",
)
STANDS_AGAIN_BECAUSE = Column(
    "stands_again_because", pl.String(), "text", "Why the month has an advice again.", "Waarom weer een advies"
)
