"""Columns of the register: what is kept of each delivery itself, and what refers to one."""

import polars as pl

from warehouse.contract import MONEY, Column

DELIVERY_ID = Column(
    "delivery_id",
    pl.String(),
    "code",
    "Identity of a delivery: kind, month and the first 12 digits of the content hash.",
    "Aanlevering",
)
KIND = Column("kind", pl.String(), "text", "Kind of delivery.", "Soort aanlevering")
CONTENT_HASH = Column("content_hash", pl.String(), "code", "SHA-256 of the delivered file.", "Hash van de inhoud")
RECEIVED_ON = Column(
    "received_on",
    pl.Date(),
    "date",
    "Date from which the delivery is known: the latest delivery date in the file. Cut-offs of a round compare with it.",
    "Ontvangen op",
)
REGISTERED_AT = Column(
    "registered_at",
    pl.Datetime("us"),
    "timestamp",
    "Moment the pipeline took the delivery in (UTC).",
    "Geregistreerd op",
)
DELIVERY_STATUS = Column(
    "delivery_status",
    pl.String(),
    "text",
    "accepted, refused, or superseded by a later delivery of the same kind and month.",
    "Status",
    allowed=("accepted", "refused", "superseded"),
)
ROWS_COUNT = Column("rows_count", pl.Int64(), "count", "Rows delivered.", "Regels", minimum=0)
QUARANTINED_COUNT = Column(
    "quarantined_count", pl.Int64(), "count", "Rows kept out of the figures.", "Regels in quarantaine", minimum=0
)
QUARANTINED_EUR = Column(
    "quarantined_eur", MONEY, "eur", "Amount of the rows kept out of the figures.", "Bedrag in quarantaine (€)"
)
REASON = Column("reason", pl.String(), "text", "Why: found, expected, likely cause.", "Reden")
VOLUME_FACTOR = Column(
    "volume_factor",
    pl.Float64(),
    "factor",
    "What the declared volume is multiplied by: 60 for hours under the code of minutes, a sixtieth for the reverse.",
    "Factor op het aantal",
)
CHECK_ID = Column("check_id", pl.String(), "code", "Check of the catalogue.", "Controle")
SUPERSEDED_BY = Column(
    "superseded_by", pl.String(), "code", "Delivery that replaced this one for later rounds.", "Vervangen door"
)
FILE_NAME = Column("file_name", pl.String(), "text", "File below the landing zone.", "Bestand")
