"""Twelve bad inputs: what a person reads, what is refused, and that the advice published before stays as it was."""

import errno
import json
import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest

from tests.e2e.handmade import FRIESLAND, House, claims, furnish

CLAIMS = "2018-05/declaraties.csv"
HEADER = "aanleverdatum;zorgkantoorcode;agb_code;prestatiecode;zorgmaand;eenheid;aantal;bedrag"
LINE_3 = "2018-05-02;5501;;Z025;2015-02;14;100,0;1000,00"  # the second row of the delivery, under its header


def claims_file(house: House) -> Path:
    return house.landing / CLAIMS


def rewrite(house: House, change: Callable[[str], str]) -> None:
    """Changes the text of the claims delivery; a change that changes nothing is a mistake in the test."""
    path = claims_file(house)
    before = path.read_text(encoding="utf-8")
    after = change(before)
    assert after != before
    path.write_text(after, encoding="utf-8")


def missing_file(house: House) -> None:
    claims_file(house).unlink()


def empty_file(house: House) -> None:
    claims_file(house).write_bytes(b"")


def missing_column(house: House) -> None:
    def drop(text: str) -> str:
        return "\n".join(line.rpartition(";")[0] for line in text.splitlines()) + "\n"

    rewrite(house, drop)


def extra_column(house: House) -> None:
    rewrite(house, lambda text: text.replace("\n", ";x\n").replace("bedrag;x", "bedrag;opmerking"))


def text_in_a_number(house: House) -> None:
    rewrite(house, lambda text: text.replace(LINE_3, LINE_3.replace("100,0", "honderd")))


def decimal_point(house: House) -> None:
    rewrite(house, lambda text: text.replace(LINE_3, LINE_3.replace("1000,00", "1000.00")))


def utf_16(house: House) -> None:
    path = claims_file(house)
    path.write_bytes(path.read_text(encoding="utf-8").encode("utf-16"))


def unknown_zorgkantoor(house: House) -> None:
    rewrite(house, lambda text: text.replace(LINE_3, LINE_3.replace("5501", "5599")))


def duplicate_key(house: House) -> None:
    rewrite(house, lambda text: text + LINE_3 + "\n")


def care_after_the_delivery(house: House) -> None:
    rewrite(house, lambda text: text + LINE_3.replace("2015-02", "2018-06") + "\n")


def truncated_parquet(house: House) -> None:
    claims_file(house).unlink()
    path = house.deliver("declaraties", [*claims("Z025"), *claims("Z041")], shape="parquet")
    path.write_bytes(path.read_bytes()[:-40])


# Per bad input what its message must say: file, row, column, found, expected, likely cause, next step where they apply.
BAD_FILES: dict[Callable[[House], None], tuple[str, ...]] = {
    missing_file: (
        "2018-05/declaraties",
        "found no file",
        "expected declaraties as .parquet, .csv or .csv.gz",
        "Likely it was not delivered yet",
        "Next: deliver it into deliveries/2018-05",
    ),
    empty_file: (CLAIMS, "found an empty file (0 bytes)", "expected a header and rows", "Likely an export", "Next: "),
    missing_column: (
        f"{CLAIMS}, row 1, column bedrag: found no such column",
        "expected the columns aanleverdatum, zorgkantoorcode",
        "Likely a changed export",
        "Next: ",
    ),
    extra_column: (
        f"{CLAIMS}, row 1, column opmerking: found a column that is not in the contract",
        "expected only aanleverdatum, zorgkantoorcode",
        "Likely a changed export or a column added by hand",
        "Next: ",
    ),
    text_in_a_number: (
        f"{CLAIMS}, row 3, column aantal: found 'honderd'",
        "expected a number such as 1234,5",
        "Likely another decimal mark than the declared ',', a thousands mark, or text",
        "Next: ",
    ),
    decimal_point: (
        f"{CLAIMS}, row 3, column bedrag: found '1000.00'",
        "expected an amount such as -1234,56: ',' as decimal mark",
        "Likely another decimal mark than the declared ','",
        "Next: ",
    ),
    utf_16: (
        f"{CLAIMS}, row 1: found UTF-16",
        "expected utf-8 as declared in delivery_format.toml",
        "Likely a spreadsheet's 'Unicode text' export",
        "Next: ",
    ),
    unknown_zorgkantoor: (
        "D02",
        f"({CLAIMS}): first in row 3, column zorgkantoorcode: zorgkantoor 5599 in 1 row of 2015-02",
        "Likely a typing error",
        "expected codes of the crosswalk",
        "€ 1,000 is at stake",
        "Next: ask the Wlz-uitvoerder which region is meant",
    ),
    duplicate_key: (
        "D03",
        f"({CLAIMS}): rows 3, 146: key 5501 × (empty) × Z025 × 14 × 2015-02-01 delivered 2 times",
        "expected one row per key",
        "Likely lines exported twice",
        "€ 1,000 is at stake",
        "Next: ",
    ),
    care_after_the_delivery: (
        "D06",
        f"({CLAIMS}): first in row 146, column zorgmaand: 1 row of care month 2018-06",
        "Likely a month and a year exchanged",
        "expected care months from 2015-01 up to the delivery month",
        "€ 1,000 is at stake",
        "Next: ",
    ),
    truncated_parquet: (
        "2018-05/declaraties.parquet: found a file that is not readable as Parquet",
        "expected a whole Parquet file",
        "Likely a copy cut short",
        "Next: ",
    ),
}


@pytest.mark.parametrize("spoil", BAD_FILES, ids=lambda spoil: spoil.__name__)
def test_a_bad_file_is_refused_and_the_advice_stays(house: House, spoil: Callable[[House], None]) -> None:
    before, known = house.database.read_bytes(), house.register()
    spoil(house)
    result = house.run()
    assert result.exit_code == 1
    first, *_, last = result.stdout.splitlines()
    assert first.startswith("Refused, nothing new published")
    where = "" if spoil is missing_file else "; now: wlz quarantine list"
    assert last == f"The marts show this judgement with the next advice that is published{where}"
    for words in (*BAD_FILES[spoil], "The delivery is refused; the last accepted one is used"):
        if spoil is missing_file and words.startswith("The delivery"):
            continue  # there is no delivery to refuse
        assert words in result.stdout
    assert house.database.read_bytes() == before
    assert house.query("select count(*) from marts.zin_uitvoerder") == [(3,)]
    assert house.half_written() == []
    register = house.register()
    accepted = register.filter(pl.col("delivery_status") == "accepted")
    assert accepted.select("delivery_id", "content_hash").equals(known.select("delivery_id", "content_hash"))
    refused = register.filter(pl.col("delivery_status") == "refused")
    assert refused.height == (0 if spoil is missing_file else 1)
    for row in refused.iter_rows(named=True):
        kept = house.root / "quarantine" / "2018-05" / "declaraties" / row["delivery_id"]
        delivered = house.landing / row["file_name"]
        assert (kept / delivered.name).read_bytes() == delivered.read_bytes()
        reason = json.loads((kept / "reason.json").read_text(encoding="utf-8"))
        assert reason["refused"][0]["check_id"] == row["check_id"]


def test_the_right_file_after_a_wrong_one_is_taken_in(house: House) -> None:
    """A refusal is no dead end: the mended file is accepted and published."""
    decimal_point(house)
    assert house.run().exit_code == 1
    house.deliver("declaraties", [*claims("Z025", volume=200), *claims("Z041")])
    house.publish()
    expected = house.query("select expected_eur from marts.utilisation_national where part = 'zin'")
    assert float(expected[0][0]) == 72_000  # 2 × (24,000 + 12,000)


# --- Disk full ----------------------------------------------------------------------------------------------------


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """No file may grow beyond ``size`` bytes: what a quota does. The write fails, the process goes on."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[Path]:
    """A real file system of ``size`` bytes; skips, with the reason, where mounting is not allowed."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        pytest.skip(f"a full disk needs a mount, and there is no mount command here: {error}")
    if mounted.returncode != 0:
        pytest.skip(f"a full disk needs a mount, which is not allowed here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def size_of(folder: Path) -> int:
    """Bytes on a disk with blocks of 4 KiB."""
    return sum(-(-path.stat().st_size // 4096) * 4096 + 4096 for path in folder.rglob("*"))


def test_a_quota_reached_while_publishing_leaves_the_old_database(house: House) -> None:
    before = house.database.read_bytes()
    house.deliver("declaraties", [*claims("Z025", volume=200), *claims("Z041")])
    with files_of_at_most(house.database.stat().st_size // 2):
        result = house.run()
    assert result.exit_code == 1
    assert "Nothing was published: marts: " in result.output
    assert os.strerror(errno.EFBIG) in result.output
    assert house.database.read_bytes() == before
    assert house.half_written() == []


def test_a_full_disk_leaves_the_old_database(house: House, tmp_path: Path) -> None:
    before = house.database.read_bytes()
    house.deliver("declaraties", [*claims("Z025", volume=200), *claims("Z041")])
    with small_disk(tmp_path / "disk", size_of(house.root) + 1_000_000) as disk:
        full = house.copy(disk)
        result = full.run()
        assert result.exit_code == 1
        assert "Nothing was published: marts: " in result.output
        assert os.strerror(errno.ENOSPC) in result.output
        assert full.database.read_bytes() == before
        assert full.half_written() == []


def test_a_full_disk_at_the_first_publication_leaves_nothing(empty_house: House, tmp_path: Path) -> None:
    """No database yet, so DuckDB itself runs out of room while it writes one."""
    furnish(empty_house)
    with small_disk(tmp_path / "disk", size_of(empty_house.root) + 1_500_000) as disk:
        full = empty_house.copy(disk)
        result = full.run()
        assert result.exit_code == 1
        assert "Nothing was published: marts: " in result.output
        assert "nothing is published yet" in result.output
        assert not full.database.exists()
        assert full.half_written() == []


def test_a_full_disk_before_publishing_leaves_nothing(empty_house: House, tmp_path: Path) -> None:
    """Room for the deliveries, not for the tables made of them."""
    furnish(empty_house)
    with small_disk(tmp_path / "disk", size_of(empty_house.root) + 50_000) as disk:
        full = empty_house.copy(disk)
        result = full.run()
        assert result.exit_code == 1
        assert "Nothing was published: " in result.output
        assert full.half_written() == []


# --- Rows set apart -----------------------------------------------------------------------------------------------


def test_unknown_codes_go_to_quarantine_with_their_euro(house: House) -> None:
    """An unknown prestatie (2 × 36 rows of € 3.00) and a unit that is not of the Wlz (36 rows): exit 0.

    They are in no figure: the advice is that of the delivery without them.
    """
    before = house.advice_hashes()
    rows = [
        *claims("Z025"),
        *claims("Z041"),
        *claims("Q999", volume=0.3),
        *claims("Z051", unit="41", volume=0.3, codes=["5501"]),
    ]
    house.deliver("declaraties", rows)
    result = house.run()
    assert result.exit_code == 0, result.output
    assert "prestatie Q999 is not in the list vektis-2019 (72 rows)" in result.stdout
    assert "unit 41 is not allowed for the Wlz (36 rows)" in result.stdout
    assert "About € 324 is at stake" in result.stdout
    assert house.advice_hashes() == before
    delivery = house.register().filter(kind="declaraties", delivery_status="accepted").row(0, named=True)
    assert (delivery["quarantined_count"], float(delivery["quarantined_eur"])) == (108, 324.0)
    folder = house.root / "quarantine" / "2018-05" / "declaraties" / delivery["delivery_id"]
    apart = pl.read_parquet(folder / "rows.parquet")
    assert apart.group_by("prestatiecode").len().sort("prestatiecode").rows() == [("Q999", 72), ("Z051", 36)]
    reason = json.loads((folder / "reason.json").read_text(encoding="utf-8"))
    assert {row["reason"]: row["rows"] for row in reason["rows"]} == {
        "prestatie Q999 is not in the list": 72,
        "unit 41 is not allowed for the Wlz": 36,
    }
    quality = house.query("select outcome, severity, at_stake_eur from marts.data_quality where check_id = 'D02-rows'")
    assert ("failed", "warn", 324) in [(outcome, severity, float(euro or 0)) for outcome, severity, euro in quality]


def test_warnings_of_a_run_come_largest_first(house: House) -> None:
    """Rows of an unknown code (€ 108) and of a negative amount (€ 216): not the order of the catalogue."""
    negative = [(*row[:-1], -row[-1]) for row in claims("Z051", volume=0.6, codes=[FRIESLAND])]
    house.deliver(
        "declaraties", [*claims("Z025"), *claims("Z041"), *claims("Q999", volume=0.3, codes=[FRIESLAND]), *negative]
    )
    told = house.run()
    assert told.exit_code == 0, told.output
    warned = [line.split()[1] for line in told.stdout.splitlines() if line.startswith("  warning: ")]
    assert [check_id for check_id in warned if check_id in ("P02", "D02-rows")] == ["P02", "D02-rows"]
    assert "D02-rows prestatie" in told.stdout


def test_a_name_in_another_case_is_a_warning_of_the_run(house: House) -> None:
    (house.landing / "2018-05" / "KADER.PARQUET").write_bytes(b"")
    told = house.run()
    assert told.exit_code == 0, told.output
    assert "  warning: D01 2018-05/KADER.PARQUET is passed over because of its name; expected kader.p" in told.stdout
