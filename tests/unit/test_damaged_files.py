"""A thousand damaged files: each refused whole or taken in whole, without a trace, and nothing half-written."""

import gzip
import io
import random
import time
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from expectations.intake.take_in import take_in
from simulation.reference import load_simulation_reference
from simulation.run import simulate_deliveries
from tests.lists import mark_simulated
from warehouse.landing import read_delivery
from warehouse.settings import load_delivery_format
from warehouse.store import Store
from warehouse.tables.deliveries import KINDS
from wlz.words.faults import DeliveryRefused

SECONDS = 120  # of this process, for all of them: another worker may be busy
ZONES = 5
MONTHS = pl.date_range(date(2015, 1, 1), date(2018, 4, 1), "1mo", eager=True).to_list()
KIND_NAMES = ("declaraties", "kader", "pgb_verleningen", "hulpmiddelen", "na_ijl")
ROWS = 60
Damage = Callable[[bytes, random.Random], bytes]


def flip_bytes(content: bytes, rng: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(rng.choice([1, 3, 20])):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def damage_the_end(content: bytes, rng: random.Random) -> bytes:
    """Where a Parquet file says how long everything is."""
    changed = bytearray(content)
    for _ in range(rng.choice([1, 3, 10])):
        changed[-1 - rng.randrange(min(len(changed), 1_500))] = rng.randrange(256)
    return bytes(changed)


def cut(content: bytes, rng: random.Random) -> bytes:
    return content[: rng.randrange(len(content))]


def null_bytes(content: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(len(content))
    return content[:start] + bytes(50) + content[start + 50 :]


def insert_noise(content: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(len(content))
    return content[:start] + rng.randbytes(10) + content[start:]


def swap_columns(content: bytes, rng: random.Random) -> bytes:
    header, _, rows = content.partition(b"\n")
    names = header.split(b";")
    rng.shuffle(names)
    return b";".join(names) + b"\n" + rows


def cut_rows(content: bytes, rng: random.Random) -> bytes:
    return b"\n".join(line[: rng.randrange(len(line) + 1)] for line in content.split(b"\n"))


def mix_encodings(content: bytes, rng: random.Random) -> bytes:
    where = rng.randrange(len(content))
    return content[:where] + rng.choice(["é", "€", "\ufeff"]).encode("utf-16-le") + content[where:]


def change_a_value(content: bytes, rng: random.Random) -> bytes:
    """Huge numbers, formulas, HTML, other notations."""
    lines = content.split(b"\n")
    number = rng.randrange(1, len(lines) - 1)
    values = lines[number].split(b";")
    odd = [b"9" * 400, b"-1e308", b"NaN", b"=cmd()", b"<script>alert(1)</script>", b"1.234,50", b'"', b"0x7f", b" "]
    values[rng.randrange(len(values))] = rng.choice(odd)
    lines[number] = b";".join(values)
    return b"\n".join(lines)


ANY = (flip_bytes, damage_the_end, cut, null_bytes, insert_noise)
OF_TEXT = (swap_columns, cut_rows, mix_encodings, change_a_value)


@pytest.fixture(scope="module")
def originals() -> dict[str, bytes]:
    """Sound files by name (kind and suffix): a few rows of every kind as Parquet, CSV and packed CSV."""
    found = {}
    for file in simulate_deliveries(load_simulation_reference("small"), scale="small"):
        if file.kind not in KIND_NAMES or f"{file.kind}.csv" in found or file.delivery_month != date(2018, 5, 1):
            continue
        frame = file.frame.head(ROWS)
        text = frame.write_csv(separator=";", decimal_comma=True).encode()
        found |= {f"{file.kind}.csv": text, f"{file.kind}.csv.gz": gzip.compress(text)}
        path = Path(f"{file.kind}.parquet")
        found[path.name] = _as_parquet(frame)
    assert len(found) == 3 * len(KIND_NAMES)
    return found


def _as_parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def test_sound_files_are_read(originals: dict[str, bytes], tmp_path: Path) -> None:
    """What is damaged below is sound before: a refusal comes from the damage."""
    for name, content in originals.items():
        path = tmp_path / name
        path.write_bytes(content)
        kind = name.split(".")[0]
        assert dict(read_delivery(path, KINDS[kind], load_delivery_format()).schema) == KINDS[kind].schema


@pytest.mark.parametrize("seed", range(ZONES))
def test_a_thousand_damaged_files_are_refused_or_taken_in_whole(
    seed: int, originals: dict[str, bytes], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A landing zone full of them, taken in at once: no trace on any stream, nothing held, nothing in part."""
    rng = random.Random(seed)
    landing, store, database = (
        mark_simulated(tmp_path / "deliveries"),
        Store(tmp_path / "lake"),
        tmp_path / "wlz.duckdb",
    )
    database.write_bytes(b"published before")
    for month in MONTHS:
        for kind in KIND_NAMES:
            name = f"{kind}{rng.choice(['.csv', '.csv', '.csv.gz', '.parquet'])}"
            damage: Damage = rng.choice(ANY + OF_TEXT if name.endswith(".csv") else ANY)
            path = landing / f"{month:%Y-%m}" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(damage(originals[name], rng))

    began, now = time.process_time(), datetime(2018, 5, 29)
    taken = take_in(landing, store, tmp_path / "quarantine", MONTHS[-1], now, lambda line: None)
    assert time.process_time() - began < SECONDS / ZONES

    register = store.read_register()
    assert register.height == len(MONTHS) * len(KIND_NAMES)
    assert register.filter(delivery_status="refused").height > 0.6 * register.height
    assert register.filter(delivery_status="refused")["reason"].str.contains("Next:").all()
    for text in (*(result.message for result in taken.results), *capfd.readouterr()):
        assert "Traceback" not in text
        assert "panicked" not in text
    assert [result.message for result in taken.results if result.outcome == "broken"] == []
    accepted = register.filter(delivery_status="accepted")
    for row in accepted.iter_rows(named=True):
        kept = store.scan_delivery(KINDS[row["kind"]], row["delivery_id"], row["delivery_month"]).collect()
        assert kept.height == row["rows_count"] - row["quarantined_count"]
    assert [path for path in store.root.rglob("*") if path.is_file() and path.name.startswith(".")] == []
    in_lake = {path.stem for kind in KIND_NAMES for path in (store.root / kind).rglob("*.parquet")}
    assert in_lake == set(accepted["delivery_id"])
    assert database.read_bytes() == b"published before"


def test_a_packed_file_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    """10 GB of zeros in a few kilobytes: unpacked no further than the limit."""
    path = tmp_path / "declaraties.csv.gz"
    block = gzip.compress(bytes(2**20))
    path.write_bytes(block * 10_000)
    with pytest.raises(DeliveryRefused, match="unpacks to more than 100 times its size"):
        read_delivery(path, KINDS["declaraties"], load_delivery_format())
