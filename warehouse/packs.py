"""Packs: which list of codes a run takes, and what a pack says of itself.

A pack is a folder with `pack.toml` and lists: `prestaties.csv`, `validity.csv`, `roles.csv`, `successors.csv`, and any
list of `reference/` that it brings along (regions, units, …) and that then counts instead. Reading typed frames is the
business of `reference.py`.
"""

import hashlib
import json
import os
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from warehouse import reference
from warehouse.dated_lists import check_aliases, check_region_uitvoerders
from warehouse.reference import read_list, read_nhc_growin, read_tariffs
from warehouse.regular_files import tell_odd
from warehouse.toml_files import SettingsError, read_toml
from wlz.known.reference import Reference, list_codes
from wlz.known.uitvoerders import ask_about_names, place_regions
from wlz.words.faults import Spoken
from wlz.words.known_keys import refuse_unknown
from wlz.words.months import add_months

SIMULATED, REAL = "simulation", "vektis-2019"  # what a run takes with and without the marker of a simulation
FIRST_SIMULATED = "simulation-1"  # the codes of worlds from before a marker named its pack
INVENTED = (SIMULATED, FIRST_SIMULATED)
SIMULATION_MARKER = "simulation.json"  # beside the landing zone, with the truth
OWN_LISTS = ("prestaties.csv", "validity.csv", "roles.csv", "successors.csv")
TARIFF_FILE = "tariffs.csv"  # a pack may have one
WORLD_LISTS = (
    *("nhc_ingroei.csv", "region_crosswalk.csv", "region_uitvoerders.csv", "regions.csv", "uitvoerders.csv"),
    "units.csv",
)
_SAID = {
    "title": str, "publisher": str, "version": str, "licence": str, "vouched_by": str, "stand": date,
    "first_year": int, "last_year": int,
}  # fmt: skip
_IMPORT = {"file": str, "form": str, "sha256": str, "imported_on": date}
_SHA256 = re.compile(r"^[0-9a-f]{64}$")


class Import(NamedTuple):
    """A file that was taken into a pack: its name, which form of list it was, the hash of its bytes, and the day."""

    file: str
    form: str
    sha256: str
    imported_on: date


class PackError(Spoken, ValueError):
    """No pack, or one that is not whole. The message says which, where, and what next."""


@dataclass(frozen=True)
class Pack:
    """A list of codes as input: where it lies and what it says of itself (`first_year` to `last_year`: vouched for).

    `imports`: the files that were taken into it, oldest first; none for one that was made in another way.
    """

    name: str
    folder: Path
    title: str
    publisher: str
    version: str
    licence: str
    vouched_by: str
    stand: date
    first_year: int
    last_year: int
    imports: tuple[Import, ...] = ()

    def path(self, name: str) -> Path:
        """A list: the pack's own, else the one of `reference/`."""
        own = self.folder / name
        return own if own.exists() or name in OWN_LISTS else reference.REFERENCE / name

    @property
    def content_hash(self) -> str:
        """SHA-256 over the lists of codes. Every list that counts has a hash of its own as well."""
        digest = hashlib.sha256()
        for name in OWN_LISTS:
            digest.update(f"{name}\n".encode() + self.path(name).read_bytes())
        return digest.hexdigest()


def load_pack(name: str) -> Pack:
    """A pack by the name of its folder in `reference/packs`, or by the path of a folder elsewhere.

    Raises PackError when there is none, when a list is missing, or when `pack.toml` does not say what it must.
    """
    shipped = reference.REFERENCE / "packs"
    folder = shipped / name if (shipped / name).is_dir() else Path(name)
    there = ", ".join(sorted(one.name for one in shipped.iterdir())) if shipped.is_dir() else "none"
    if not (folder / "pack.toml").is_file():
        raise PackError(
            f"no pack {name}: expected one of {there}, or a folder with pack.toml. Next: name one that is there"
        )
    missing = [one for one in OWN_LISTS if not (folder / one).is_file()]
    if missing:
        raise PackError(f"pack {folder.name}: {', '.join(missing)} missing. Next: wlz reference check {name}")
    return Pack(folder.name, folder, **_read_declared(folder / "pack.toml"))


def _read_declared(path: Path) -> dict[str, Any]:
    where = f"{path.parent.name}/{path.name}"
    try:
        said = read_toml(path, where)
    except SettingsError as error:
        raise PackError(str(error)) from None
    if unknown := refuse_unknown(said, (*_SAID, "imports")):
        raise PackError(f"{where}: {unknown}. Next: mend the file")
    for key, kind in _SAID.items():
        if type(said.get(key)) is not kind:
            raise PackError(f"{where}, {key}: expected {kind.__name__}, found {said.get(key)!r}. Next: mend the file")
    return said | {"imports": _read_imports(said.get("imports", []), where)}


def _read_imports(listed: Any, where: str) -> tuple[Import, ...]:
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise PackError(f"{where}, imports: expected tables [[imports]], found {listed!r}. Next: mend the file")
    for number, one in enumerate(listed, start=1):
        place = f"{where}, imports, number {number}"
        if set(one) != set(_IMPORT):
            raise PackError(f"{place}: expected {', '.join(_IMPORT)}, found {', '.join(one)}. Next: mend the file")
        wrong = [name for name, kind in _IMPORT.items() if type(one[name]) is not kind]
        wrong = wrong or [name for name in ("sha256",) if not _SHA256.fullmatch(one[name])]
        if wrong:
            raise PackError(f"{place}: found {wrong[0]} {one[wrong[0]]!r}. Next: mend it, or take the file in again")
    return tuple(Import(**one) for one in listed)


def load_reference(pack: Pack, year: int, on: date) -> Reference:
    """What an advice about a year knows without any delivery: the pack's codes with their roles, regions, units.

    Its maximum tariffs with them, where it has any. `on` says which uitvoerder runs a region; of an advice it is
    `Round.placed_on`. Raises ReferenceDataError for a list that cannot be read, and for a region with no or two
    uitvoerders on a day.
    """
    codes, validity, roles, successors = (read_list(pack.path(name)) for name in OWN_LISTS)
    growin, crosswalk, held, regions, aliases, units = (read_list(pack.path(name)) for name in WORLD_LISTS)
    check_region_uitvoerders(held, regions, crosswalk, pack.path("region_uitvoerders.csv"))
    return Reference(
        prestaties=list_codes(codes, validity, roles, successors, year),
        crosswalk=crosswalk,
        regions=place_regions(regions, held, on),
        nhc_growin=read_nhc_growin(growin),
        units=units,
        successors=successors,
        region_uitvoerders=held,
        aliases=check_aliases(aliases, held, pack.path("uitvoerders.csv")),
        placed_on=on,
        pack=pack.name,
        vouched_until=pack.last_year,
        tariffs=read_tariffs(pack.folder / TARIFF_FILE),
    )


def question_names(lists: Reference) -> list[str]:
    """What to ask about names of uitvoerders that a pack has and the project does not (`ask_about_names`)."""
    shipped = reference.read_reference("region_uitvoerders.csv")
    step = "Next: mend it in region_uitvoerders.csv, or keep it; an old name of it goes into uitvoerders.csv as alias"
    asked = ask_about_names(lists.region_uitvoerders, shipped, lists.aliases)
    return [f"region_uitvoerders.csv, {question} {step}" for question in asked]


def choose_pack(landing: Path) -> Pack:
    """The pack for the deliveries of a landing zone: the one they were simulated with, else the real list.

    `WLZ_REFERENCE` names another. Raises PackError for one that is not there, and for an invented one on deliveries
    that no simulation wrote: an invented list would set real claims apart.
    """
    simulated, named = read_simulation(landing), os.environ.get("WLZ_REFERENCE")
    if not named:
        return load_pack(simulated.get("pack", FIRST_SIMULATED) if simulated else REAL)
    pack = load_pack(named)
    if pack.name in INVENTED and not simulated:
        raise PackError(
            f"WLZ_REFERENCE names pack {pack.name}, but the deliveries in {landing.name} were not simulated: no "
            f"{marker_of(landing).parent.name}/{SIMULATION_MARKER} beside them. Next: unset WLZ_REFERENCE to take "
            f"{REAL}, or name a pack of your own; deliveries to try things with: wlz simulate --out DIR"
        )
    return pack


def marker_of(landing: Path) -> Path:
    """Where the marker of a simulation lies, if its deliveries were simulated."""
    return landing.parent / f"{landing.name}-truth" / SIMULATION_MARKER


def asked_of_simulation(scale: str, until: date, seed: int, defects: tuple[str, ...] = ()) -> dict[str, Any]:
    """What is asked of a simulation, and with which list of codes, as its marker keeps it."""
    return {"scale": scale, "until": f"{until:%Y-%m}", "seed": seed, "defects": sorted(defects), "pack": SIMULATED}


def mark_simulated(landing: Path, asked: dict[str, Any], *, complete: bool) -> None:
    """Leave the marker of a simulation beside a landing zone; complete once every file of it is written."""
    marker = marker_of(landing)
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.write_text(json.dumps(asked | {"complete": complete}), encoding="utf-8")


def describe_simulation(landing: Path) -> str:
    """What was simulated into a landing zone, in words; empty for deliveries that no simulation wrote.

    Only the marker is read, never the truth beside it. Raises PackError for a marker that cannot be read.
    """
    asked = read_simulation(landing)
    if not asked:
        return ""
    defects = ", ".join(asked["defects"]) or "no defects"
    return f"scale {asked['scale']}, until {asked['until']}, seed {asked['seed']}, {defects}"


def last_month_possible(landing: Path, today: date) -> date:
    """The last delivery month that a landing zone may hold: the one after today's, for a delivery may come early.

    Of a simulated world none is the last: it may run on after today. Raises PackError as ``describe_simulation`` does.
    """
    return date.max if describe_simulation(landing) else add_months(today, 1)


def read_simulation(landing: Path) -> dict[str, Any]:
    """What the marker of a simulation says; empty without one. Raises PackError for one that cannot be read."""
    marker = marker_of(landing)
    if not marker.exists():
        return {}
    try:
        asked = None if tell_odd(marker) else json.loads(marker.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        asked = None
    if not isinstance(asked, dict) or not {"scale", "until", "seed", "defects"} <= set(asked):
        raise PackError(
            f"{marker.parent.name}/{marker.name}: expected what was simulated, found something else; broken off or "
            "edited? Next: simulate these deliveries again, or remove the file if they are real"
        )
    return asked
