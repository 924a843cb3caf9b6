"""Rows set apart: each row is in exactly one of the two frames, with the reason beside it."""

import polars as pl
import pytest

from expectations.intake.quarantine import split_rows
from warehouse.tables.deliveries import DECLARATIES, KINDS

PRESTATIES, UNITS = {"Z041", "Z110"}, {"14"}
FIRST = pl.int_range(pl.len()) == 0


def test_clean_rows_are_kept_as_they_are(claims):
    kept, quarantined = split_rows(claims, DECLARATIES, PRESTATIES, UNITS)
    assert kept.equals(claims)
    assert quarantined.is_empty()
    assert quarantined.columns == [*claims.columns, "reason", "check_id", "wording"]


@pytest.mark.parametrize(
    ("planted", "check_id", "reason"),
    [
        ({"prestatiecode": "X999"}, "D02-rows", "prestatie X999 is not in the list"),
        ({"prestatiecode": None}, "D02-rows", "prestatie (empty) is not in the list"),
        ({"unit_code": "31"}, "D02-rows", "unit 31 is not allowed for the Wlz"),
        ({"volume": -3.0}, "P02", "amount and volume have different signs"),
        ({"volume": 0.0}, "P02", "an amount with volume 0"),
        ({"volume": -3.0, "prestatiecode": "X999"}, "D02-rows", "prestatie X999 is not in the list"),
    ],
)
def test_planted_rows_are_set_apart_with_their_reason(claims, change_rows, planted, check_id, reason):
    delivered = change_rows(claims, FIRST, **planted)
    kept, quarantined = split_rows(delivered, DECLARATIES, PRESTATIES, UNITS)
    assert quarantined.select("check_id", "reason").rows() == [(check_id, reason)]
    assert kept.equals(delivered.slice(1))


@pytest.mark.parametrize("planted", [{"volume": -3.0, "amount_eur": -300}, {"amount_eur": 0}])
def test_corrections_and_free_care_are_kept(claims, change_rows, planted):
    delivered = change_rows(claims, FIRST, **planted)
    assert split_rows(delivered, DECLARATIES, PRESTATIES, UNITS)[0].height == claims.height


def test_kinds_without_prestatie_are_never_split():
    for kind, table in KINDS.items():
        kept, quarantined = split_rows(table.empty(), table, PRESTATIES, UNITS)
        assert kept.schema == table.schema, kind
        assert quarantined.columns == [*table.column_names, "reason", "check_id", "wording"], kind
