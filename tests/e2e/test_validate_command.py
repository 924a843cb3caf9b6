"""`wlz validate`: what a sender sees before sending. No warehouse, nothing written."""

import json
import shutil
from datetime import date
from pathlib import Path

import jsonschema
import pytest

from tests.e2e.handmade import FRIESLAND, House, claims, invoke, write_delivery

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "docs" / "reference" / "validate.schema.json").read_text(encoding="utf-8")
)
FINE = [*claims("Z025"), *claims("Z041")]
NEGATIVE = [(*row[:-1], -row[-1]) for row in claims("Z051", codes=[FRIESLAND])]


def write(folder: Path, rows: list[tuple[object, ...]], month: str = "2018-05") -> Path:
    return write_delivery(folder, "declaraties", rows, month=month, on=date.fromisoformat(f"{month}-02"))


def test_a_clean_file_would_be_taken_in(tmp_path: Path) -> None:
    told = invoke("validate", str(write(tmp_path, FINE)))
    assert told.exit_code == 0
    assert "declaraties 2018-05 (declaraties.csv): 144 rows, € 144,000" in told.output
    assert "0 with findings: would be taken in." in told.output
    assert "name their folder with --history" in told.output


def test_findings_are_sorted_by_euro_with_what_refuses_first(tmp_path: Path) -> None:
    """72 rows of an unknown code (€ 72,000: refused), two rows twice (€ 2,000: refused), 36 of a negative amount."""
    told = invoke("validate", str(write(tmp_path, [*FINE, *FINE[:2], *NEGATIVE, *claims("Q999")])))
    assert told.exit_code == 1
    found = [line.split()[1] for line in told.output.splitlines() if line.startswith("  ")]
    assert found == ["D02-limit", "D03", "D02-rows", "P02"]
    assert "would be refused" in told.output


def test_a_warning_on_a_file_that_is_refused_does_not_say_it_is_used(tmp_path: Path) -> None:
    told = invoke("validate", str(write(tmp_path, [*FINE, *FINE[:2], *NEGATIVE])))
    [warning] = [line for line in told.output.splitlines() if line.startswith("  warning: P02")]
    assert "Nothing of it is used: the delivery is refused by D03, D02-limit. Next:" in warning
    assert "the rest of the delivery is used" not in warning


def test_a_name_in_another_case_is_named_with_what_it_should_be(tmp_path: Path) -> None:
    folder = tmp_path / "2018-05"
    alone = write(tmp_path, FINE).rename(folder / "DECLARATIES.CSV")
    told = invoke("validate", str(folder))
    assert told.exit_code == 2
    assert "found no delivery" in told.output
    assert "a file DECLARATIES.CSV should be declaraties.csv" in told.output
    told = invoke("validate", str(alone))
    assert "DECLARATIES.CSV: the name says which kind it is; expected declaraties.csv" in told.output
    write(tmp_path, FINE)
    (folder / "Kader.parquet").write_bytes(b"")
    said = json.loads(invoke("validate", str(folder), "--json").stdout)
    jsonschema.validate(said, SCHEMA)
    assert [(one["observed"], one["expected"], one["refuses"]) for one in said["findings"]] == [
        ("a file DECLARATIES.CSV", "declaraties.csv", False),
        ("a file Kader.parquet", "kader.parquet", False),
    ]
    told = invoke("validate", str(folder))
    assert "warning: D01 2018-05/Kader.parquet is passed over because of its name; expected kader.p" in told.output


def test_the_json_follows_its_schema(tmp_path: Path) -> None:
    """One row of € 100 against its volume is set apart: 0.14 % of what its uitvoerder claims, so it refuses nothing."""
    [one] = claims("Z041", volume=10.0, first="2018-01", last="2018-01", codes=[FRIESLAND])
    turned = [(*one[:-1], -one[-1])]
    path = write(tmp_path, [*FINE, *turned])
    told = invoke("validate", str(path), "--json")
    said = json.loads(told.stdout)
    jsonschema.validate(said, SCHEMA)
    assert told.exit_code == 0
    assert said["would_be_refused"] is False
    assert said["files"][0]["quarantined_eur"] == -100.0
    [found] = said["findings"]
    assert (found["check_id"], found["severity"], found["at_stake_eur"]) == ("P02", "warn", 100.0)


def test_a_file_that_cannot_be_read_is_a_finding(tmp_path: Path) -> None:
    path = write(tmp_path, FINE)
    path.write_text(path.read_text(encoding="utf-8").replace("bedrag", "bedragg"), encoding="utf-8")
    told = invoke("validate", str(path), "--json")
    said = json.loads(told.stdout)
    jsonschema.validate(said, SCHEMA)
    assert told.exit_code == 1
    assert [found["check_id"] for found in said["findings"]] == ["D01"]
    assert "bedragg" in said["findings"][0]["message"]


def test_one_check_is_told_in_the_singular(tmp_path: Path) -> None:
    """Of what cannot be read only its schema can be judged."""
    empty = write_delivery(tmp_path, "hulpmiddelen", [], month="2018-05", on=date(2018, 5, 2))
    told = invoke("validate", str(empty))
    assert "hulpmiddelen 2018-05 (hulpmiddelen.csv): 0 rows" in told.output
    assert "\n1 check, 1 with findings: would be refused." in told.output


def test_what_cannot_be_read_is_said_whatever_its_month(tmp_path: Path) -> None:
    """Without a month in the folder's name and without a date that can be read: still a refusal in words."""
    path = tmp_path / "declaraties.parquet"
    path.write_bytes(b"")
    told = invoke("validate", str(path), "--json")
    assert told.exit_code == 1
    assert [found["check_id"] for found in json.loads(told.stdout)["findings"]] == ["D01"]


def test_a_year_without_assumptions_is_wrong_use(tmp_path: Path) -> None:
    told = invoke("validate", str(write(tmp_path, FINE, "2031-05")))
    assert told.exit_code == 2
    assert "no assumptions for budget year 2031" in told.output


def test_earlier_deliveries_add_the_checks_that_compare(tmp_path: Path) -> None:
    write(tmp_path / "earlier", FINE, "2018-04")
    doubled = write(tmp_path / "new", [(*row[:-2], row[-2] * 2, row[-1] * 2) for row in FINE])
    alone = invoke("validate", str(doubled))
    assert alone.exit_code == 0, alone.output
    compared = invoke("validate", str(doubled), "--history", str(tmp_path / "earlier"))
    assert compared.exit_code == 1
    assert "refused: D05 doubled delivery" in compared.output
    assert "--history" not in compared.output


def test_a_folder_is_validated_as_a_whole_and_nothing_is_written(base_house: House, tmp_path: Path) -> None:
    folder = tmp_path / "2018-05"
    shutil.copytree(base_house.landing / "2018-05", folder)
    before = sorted((path.name, path.stat().st_mtime_ns) for path in tmp_path.rglob("*"))
    told = invoke("validate", str(folder))
    assert told.exit_code == 0, told.output
    assert {"declaraties", "kader"} <= {line.split()[0] for line in told.output.splitlines()}
    assert sorted((path.name, path.stat().st_mtime_ns) for path in tmp_path.rglob("*")) == before


@pytest.mark.parametrize(("name", "said"), [
    ("claims.csv", "claims.csv: the name says which kind it is; expected KIND.parquet, .csv or .csv.gz"),
    ("empty", "empty: found no delivery, expected files such as declaraties.parquet"),
])  # fmt: skip
def test_what_is_no_delivery_is_wrong_use(tmp_path: Path, name: str, said: str) -> None:
    path = tmp_path / name
    if name == "empty":
        path.mkdir()
    else:
        path.write_text("a;b\n1;2\n", encoding="utf-8")
    told = invoke("validate", str(path))
    assert told.exit_code == 2
    assert said in told.output
