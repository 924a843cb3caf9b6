"""What stands in a landing zone: folders of months, the file of a kind in one, and what is no file at all.

Only regular files are opened, and none larger than can be: a link would lead elsewhere, a pipe would never end. What a
file holds is read in ``landing.py``.
"""

import hashlib
import os
from datetime import date
from pathlib import Path

from warehouse.regular_files import tell_odd
from warehouse.settings import load_delivery_format
from wlz.known.rounds import read_month
from wlz.words.faults import DeliveryRefused, Fault

SUFFIXES = (".parquet", ".csv", ".csv.gz")
CONTROL = ".control.json"


def list_months(landing: Path) -> list[tuple[date, Path]]:
    """Folders of delivery months, oldest first. No other name, no link, no month that cannot be."""
    if not landing.is_dir():
        return []
    return [(month, entry) for entry in sorted(landing.iterdir()) if (month := month_of_folder(entry)) is not None]


def month_of_folder(entry: Path) -> date | None:
    """The delivery month a folder is named after; None for what is no folder of a month."""
    month = read_month(entry.name)
    is_folder = entry.is_dir() and not entry.is_symlink() and os.access(entry, os.R_OK | os.X_OK)
    return month if month is not None and is_folder else None


def find_delivery(folder: Path, kind: str) -> Path | None:
    """What lies in a month's folder under the name of this kind, or None. Raises DeliveryRefused when there are two."""
    found = [folder / f"{kind}{suffix}" for suffix in SUFFIXES if os.path.lexists(folder / f"{kind}{suffix}")]
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise DeliveryRefused(
            [
                Fault(
                    "D01",
                    label(found[0]),
                    None,
                    None,
                    f"{len(found)} files ({names})",
                    f"one file of kind {kind}",
                    "an old export left behind",
                    "remove the wrong one and repeat the run",
                )
            ]
        )
    return found[0] if found else None


def find_control(path: Path) -> Path | None:
    """What lies beside a delivery under the name of its control file, or None."""
    control = path.parent / f"{path.name.split('.')[0]}{CONTROL}"
    return control if os.path.lexists(control) else None


def label(path: Path) -> str:
    """A delivered file as people know it: folder and name."""
    return f"{path.parent.name}/{path.name}"


def odd_delivery(path: Path) -> str | None:
    """What stands in place of a delivered file, in words; None for a file that can be read."""
    return tell_odd(path, load_delivery_format().largest_file_bytes)


def hash_file(path: Path) -> str:
    """SHA-256 of the bytes as delivered; of what is no file to read, of what it is."""
    odd = odd_delivery(path)
    try:
        if odd is None:
            with path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        odd = error.strerror
    return hashlib.sha256(str(odd).encode()).hexdigest()
