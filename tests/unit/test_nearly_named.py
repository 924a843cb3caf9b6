"""Files of a month's folder named nearly as a delivery: told with the name expected; quite another name is nobody's."""

from datetime import date
from pathlib import Path

import pytest

from expectations.intake.arrivals import find_misnamed

MAY = date(2018, 5, 1)


def put(folder: Path, *names: str) -> Path:
    for name in ("hulpmiddelen.csv", *names):
        (folder / name).write_text("any", encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("hulpmiddelen.xlsx", "hulpmiddelen"),
        ("kader-definitief.csv", "kader"),
        ("pgb_verlening.csv", "pgb_verleningen"),
        ("declaraties (1).csv", "declaraties"),
        ("indicaties.csv.zip", "indicaties"),
        ("nacalculatie_totaal_v2.csv", "nacalculatie_totaal"),
    ],
)
def test_a_name_nearly_right_is_a_warning_with_the_name_expected(name: str, kind: str, tmp_path: Path) -> None:
    [warning] = find_misnamed(put(tmp_path, name), MAY)
    assert (warning.check_id, warning.severity, warning.checked_table) == ("D01", "warn", kind)
    assert f"2018-05/{name} is passed over because of its name; expected {kind}.parquet" in warning.message


def test_quite_another_name_is_no_delivery(tmp_path: Path) -> None:
    names = ("README.txt", ".DS_Store", "~$kader.xlsx", "notitie.csv", "prognose.csv")
    assert find_misnamed(put(tmp_path, *names), MAY) == []
