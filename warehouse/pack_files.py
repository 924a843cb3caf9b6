"""Files of packs: official lists as downloaded, read whole; a pack made, written and looked at.

What an official list says is read in `wlz/known/official_lists.py`; which pack a run takes is decided in `packs.py`.
"""

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from warehouse import reference
from warehouse.landing import read_delivery
from warehouse.landing_zone import find_delivery, list_months
from warehouse.packs import TARIFF_FILE, Import, Pack, PackError, load_pack
from warehouse.reference import read_list, read_tariff_rows, read_text
from warehouse.settings import load_delivery_format
from warehouse.tables.deliveries import DECLARATIES
from wlz.known.official_lists import (
    KOPPELTABEL,
    TARIFFS,
    ListError,
    OfficialList,
    merge_codes,
    merge_validity,
    read_official,
)
from wlz.known.pack_checks import fault_of_link
from wlz.known.tariff_rows import TARIFF_ROW, remark_tariffs
from wlz.known.zorgkantoor_lists import ZORGKANTOREN, merge_crosswalk, merge_names, read_zorgkantoren
from wlz.words.large_frames import as_text

SHORT = 12  # characters of a hash beside each row; pack.toml has the whole one
MAX_BYTES = 100_000_000


def read_official_file(path: Path) -> OfficialList:
    """The list in a spreadsheet or a CSV file. Raises ListError for a file that is neither, or none of the forms."""
    if not path.is_file() or path.is_symlink():
        raise ListError(f"{path.name}: no such file. Next: name the file as downloaded")
    if path.stat().st_size > MAX_BYTES:
        raise ListError(f"{path.name}: {path.stat().st_size:,} bytes; a list of codes has at most {MAX_BYTES:,}")
    try:
        if path.suffix.casefold() in (".xlsx", ".xls", ".ods"):
            raw = pl.read_excel(
                path, sheet_id=0, has_header=False, drop_empty_rows=False, infer_schema_length=0, raise_if_empty=False
            )
            sheets = {name: frame.select(pl.all().cast(pl.String)) for name, frame in raw.items()}
        else:
            sheets = {"text": _read_text(path)}
    except Exception as error:  # readers of spreadsheets have errors of many kinds; each means: not readable
        cause = str(error).splitlines()[0]
        raise ListError(f"{path.name}: not readable as a list ({cause}). Next: save it as .xlsx or .csv") from None
    return read_zorgkantoren(sheets, path.name) or read_official(sheets, path.name)


def _read_text(path: Path) -> pl.DataFrame:
    text = path.read_bytes()
    separator = max(";,\t", key=lambda mark: text[:10_000].count(mark.encode()))
    encoding = "utf8" if _is_utf8(text) else "cp1252"
    frame = pl.read_csv(
        text, has_header=False, infer_schema=False, separator=separator, encoding=encoding, truncate_ragged_lines=True
    )
    return frame


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def make_pack(folder: Path, like: Pack, said: Mapping[str, Any]) -> Pack:
    """A new pack with the lists of another one, and what is said of it: what was taken into that one is in this too.

    Raises PackError when something is there.
    """
    if folder.exists():
        raise PackError(f"{folder}: is there already. Next: name another folder, or import into it without --from")
    shutil.copytree(like.folder, folder)
    write_declared(folder, said, like.imports)
    return load_pack(str(folder))


def write_declared(folder: Path, said: Mapping[str, Any], imports: Sequence[Import] = ()) -> None:
    """Writes `pack.toml`."""
    parts = [_write_toml(said), *(_render_import(one) for one in imports)]
    (folder / "pack.toml").write_text("".join(parts), encoding="utf-8")


def _write_toml(said: Mapping[str, Any]) -> str:
    lines = [f"{key} = {value if isinstance(value, int | date) else json.dumps(value, ensure_ascii=False)}\n"
             for key, value in said.items()]  # fmt: skip
    return "".join(lines)


def _render_import(one: Import) -> str:
    return f"\n[[imports]]\n{_write_toml(one._asdict())}"


def import_list(path: Path, pack: Pack, today: date) -> tuple[OfficialList, dict[str, int]]:
    """Takes an official list into a pack: every row with the file's name and hash. Returns it and what changed.

    Counts: `new`, `changed unit`, `newly ended`, `without a unit`; of zorgkantoren and tariffs their own. A code that
    the list does not name stays.
    """
    found = read_official_file(path)
    digest = hash_file(path)
    source = f"{path.name} (sha256 {digest[:SHORT]}), imported on {today}"
    counted = _take_in(found, pack, source)
    _record(pack, Import(path.name, found.form, digest, today))
    return counted


def hash_file(path: Path) -> str:
    """SHA-256 of the bytes of a file, as a pack records it of each that was taken in."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _record(pack: Pack, taken: Import) -> None:
    """Adds a file to those a pack says it was made of, once; what else its `pack.toml` says stays, comments too."""
    if any(one.sha256 == taken.sha256 for one in load_pack(str(pack.folder)).imports):
        return
    said = pack.folder / "pack.toml"
    text = said.read_text(encoding="utf-8").rstrip("\n")
    _replace(pack, said.name, f"{text}\n{_render_import(taken)}".encode())


def _take_in(found: OfficialList, pack: Pack, source: str) -> tuple[OfficialList, dict[str, int]]:
    if found.form == TARIFFS:
        return _import_tariffs(found, pack, source)
    if found.form == ZORGKANTOREN:
        return _import_zorgkantoren(found, pack, source)
    codes, validity = read_list(pack.path("prestaties.csv")), read_list(pack.path("validity.csv"))
    merged = merge_codes(codes, found.rows, source)
    dated = found.rows if found.form == KOPPELTABEL else found.rows.join(validity, on="prestatiecode", how="anti")
    periods = merge_validity(validity, dated, source)
    before = dict(codes.select("prestatiecode", "unit_code").iter_rows())
    ends = dict(validity.select("prestatiecode", "valid_to").iter_rows())
    units = merged.select("prestatiecode", "unit_code").iter_rows()
    now = periods.select("prestatiecode", "valid_to").iter_rows()
    counts = {
        "new": merged.height - codes.height,
        "changed unit": sum(before.get(code, unit) != unit for code, unit in units),
        "newly ended": sum(end is not None and ends.get(code) is None for code, end in now),
        "without a unit": merged["unit_code"].null_count(),
    }
    write_list(pack, "prestaties.csv", merged)
    write_list(pack, "validity.csv", periods)
    return found, counts


def _import_zorgkantoren(found: OfficialList, pack: Pack, source: str) -> tuple[OfficialList, dict[str, int]]:
    """Ends of codes into the pack's crosswalk, codes and names beside it; the shipped lists are copied in first."""
    merged = merge_crosswalk(read_list(pack.path("region_crosswalk.csv")), found.rows, source)
    names = merge_names(read_list(pack.path("zorgkantoor_codes.csv")), found.rows, source)
    write_list(pack, "region_crosswalk.csv", merged.rows)
    write_list(pack, "zorgkantoor_codes.csv", names)
    return found._replace(remarks=[*found.remarks, *merged.remarks]), dict(merged.counts)


def _import_tariffs(found: OfficialList, pack: Pack, source: str) -> tuple[OfficialList, dict[str, int]]:
    """Tariffs into the pack: of a prestatie and year that it holds already the new ones count."""
    key, path = ["prestatiecode", "year"], pack.folder / TARIFF_FILE
    rows = found.rows.select(pl.col(name).cast(dtype) for name, dtype in TARIFF_ROW.items())
    held = read_tariff_rows(path) if path.exists() else pl.DataFrame(schema=TARIFF_ROW)
    units = dict(read_list(pack.path("prestaties.csv")).select("prestatiecode", "unit_code").iter_rows())
    remarks = remark_tariffs(rows.sort("file_row"), units, held)
    new = rows.drop("file_row").with_columns(pl.lit("official").alias("trust"), pl.lit(source).alias("source"))
    if path.exists():
        old = read_text(path.read_bytes()).cast(dict(new.schema))  # type: ignore[arg-type]
        new = pl.concat([old.join(new, on=key, how="anti").select(new.columns), new])
    write_list(pack, TARIFF_FILE, new.sort(key))
    return found._replace(remarks=[*found.remarks, *remarks]), {"tariffs": rows.height}


def write_list(pack: Pack, name: str, frame: pl.DataFrame) -> None:
    """Replaces a list of a pack, whole or not at all. Raises PackError when its folder cannot be written."""
    _replace(pack, name, frame.write_csv().encode())


def _replace(pack: Pack, name: str, content: bytes) -> None:
    beside = pack.folder / f".{name}.new"
    try:
        beside.write_bytes(content)
        beside.replace(pack.folder / name)
    except OSError as error:
        raise PackError(
            f"{pack.folder}: cannot be written ({error.strerror}). Next: name a folder of your own"
        ) from None


def confirm_successor(pack: Pack, old: str, new: str, share: float, author: str, reason: str) -> pl.DataFrame:
    """Records that a person says which code goes on for another, and for which share; returns the rows of the old one.

    Raises PackError for what cannot be a successor (`fault_of_link`), and for shares above 1 together.
    """
    if old == new or not 0 < share <= 1:
        raise PackError(f"{old} → {new}, share {share}: expected two codes and a share above 0, at most 1")
    rows = read_list(pack.path("successors.csv"))
    if fault := fault_of_link(old, new, read_list(pack.path("prestaties.csv")), rows):
        raise PackError(f"pack {pack.name} {fault}")
    row = {
        "prestatiecode": old, "successor": new, "share": share, "state": "confirmed", "author": author,
        "reason": reason, "source": f"confirmed by {author}",
    }  # fmt: skip
    same = (pl.col("prestatiecode") == old) & (pl.col("successor") == new)
    merged = pl.concat([rows.filter(~same), pl.DataFrame([row], schema=rows.schema)], how="vertical")
    confirmed = merged.filter(prestatiecode=old, state="confirmed")
    if confirmed["share"].sum() > 1 + 1e-9:
        total = f"{confirmed['share'].sum():.3f}"
        raise PackError(f"the shares of what goes on for {old} are {total} together; expected at most 1")
    write_list(pack, "successors.csv", merged.sort("prestatiecode", "successor"))
    return confirmed


def folder_of(name: str) -> Path:
    """Where a pack of this name or path lies, whether it is there or not."""
    shipped = reference.REFERENCE / "packs" / name
    return shipped if shipped.is_dir() or not any(mark in name for mark in "/\\.") else Path(name)


def sum_newest_claims(landing: Path) -> tuple[Path, pl.DataFrame]:
    """The newest claims of a landing zone, added up per prestatie, unit and care month: euro without sign.

    Raises PackError when there are none, and DeliveryRefused when they cannot be read.
    """
    for _, folder in reversed(list_months(landing)):
        path = find_delivery(folder, DECLARATIES.name)
        if path is not None:
            rows = read_delivery(path, DECLARATIES, load_delivery_format(), coded=True).lazy()
            by = ["prestatiecode", "unit_code", "care_month"]
            euro = pl.col("amount_eur").cast(pl.Float64).abs().sum().alias("euro")
            return path, as_text(rows.group_by(by).agg(euro).collect())
    raise PackError(f"{landing}: no claims in a folder such as 2018-05. Next: name the landing zone")
