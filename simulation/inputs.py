"""What goes into the simulation and what comes out: reference frames, one delivered file, the truth, the scales.

The headers of the delivered files are written down here once more, in the order of the contracts, because ``wlz``
does not import ``warehouse``; a test compares them. No drawing of numbers here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import polars as pl

from wlz.words.faults import Spoken
from wlz.words.vocabulary import MONEY

FIRST_CARE_MONTH = date(2015, 1, 1)
FIRST_DELIVERY_MONTH = date(2017, 1, 1)
LAST_DELIVERY_MONTH = date(2027, 12, 1)
SIZES = ("small", "medium", "large")  # of a defect; the middle one where none is asked for
_AGREED = (
    "aanleverdatum",
    "jaar",
    "zorgkantoorcode",
    "agb_code",
    "prestatiecode",
    "eenheid",
    "aantal",
    "bedrag",
    "inclusief_nhc_nic",
)
DELIVERED_HEADERS: dict[str, tuple[str, ...]] = {
    "declaraties": (
        "aanleverdatum",
        "zorgkantoorcode",
        "agb_code",
        "prestatiecode",
        "zorgmaand",
        "eenheid",
        "aantal",
        "bedrag",
    ),
    "herschikking": _AGREED,
    "nacalculatie": _AGREED,
    "nacalculatie_totaal": ("aanleverdatum", "jaar", "zorgkantoorcode", "agb_code", "soort", "gerealiseerd"),
    "beleidsregelwaarden": ("aanleverdatum", "jaar", "prestatiecode", "eenheid", "max_brw", "nhc", "nic"),
    "pgb_verleningen": (
        "aanleverdatum",
        "peildatum",
        "zorgkantoorcode",
        "budgetjaar",
        "verleend",
        "gereserveerd",
        "gereserveerd_volgend_jaar",
        "houders",
        "wachtlijst",
    ),
    "kader": ("aanleverdatum", "standdatum", "zorgkantoorcode", "budgetjaar", "zin", "pgb"),
    "overhevelingen": (
        "aanleverdatum",
        "datum",
        "budgetjaar",
        "van_zorgkantoor",
        "van_deel",
        "naar_zorgkantoor",
        "naar_deel",
        "bedrag",
    ),
    "na_ijl": ("aanleverdatum", "referentiejaar", "wlz_uitvoerder", "percentage"),
    "hulpmiddelen": ("aanleverdatum", "maand", "soort", "bedrag"),
    "jaarrekeningen": ("aanleverdatum", "jaar", "agb_code", "sector", "wlz_zin_kosten"),
    "afspraken": (
        "aanleverdatum",
        "jaar",
        "zorgkantoorcode",
        "agb_code",
        "soort",
        "omzetafspraak",
        "geldig_van",
        "geldig_tot",
    ),
    "prognose_uitvraag": ("aanleverdatum", "peildatum", "zorgkantoorcode", "agb_code", "budgetjaar", "verwachte_omzet"),
    "indicaties": ("aanleverdatum", "maand", "zorgkantoorcode", "sector", "aantal"),
}


class SimulationError(Spoken, ValueError):
    """The simulation was asked for something it does not know; the message names what it does know."""


@dataclass(frozen=True)
class SimulationReference:
    """Reference frames the simulation rests on; ``simulation.reference.load_simulation_reference`` fills it."""

    regions: pl.DataFrame
    crosswalk: pl.DataFrame
    prestaties: pl.DataFrame
    profiles: pl.DataFrame
    take_overs: pl.DataFrame  # prestatiecode, successor, share
    later_codes: pl.DataFrame  # prestatiecode, valid_to (last day), successor, share
    region_uitvoerders: pl.DataFrame  # who runs a region, with dates
    tariff_index: pl.DataFrame
    nhc_growin: pl.DataFrame
    persons: pl.DataFrame
    published_uitvoerder: pl.DataFrame
    published_region: pl.DataFrame
    calibration: pl.DataFrame

    def constants(self, constant: str) -> dict[str, float]:
        """Calibrated values of one constant per uitvoerder or region."""
        rows = self.calibration.filter(pl.col("constant") == constant)
        return dict(zip(rows["key"].to_list(), rows["value"].to_list(), strict=True))

    def with_constants(self, constant: str, values: dict[str, float]) -> "SimulationReference":
        """The same reference with other values of one constant; used by the calibration."""
        new = pl.when(pl.col("constant") == constant).then(
            pl.col("key").replace_strict(values, default=None, return_dtype=pl.Float64)
        )
        calibration = self.calibration.with_columns(pl.coalesce(new, "value").alias("value"))
        return SimulationReference(**{**self.__dict__, "calibration": calibration})


@dataclass(frozen=True)
class SimulatedFile:
    """One delivered file: folder (``delivery_month``), kind, rows under their delivered headers.

    ``part`` counts the chunks of one file; only ``lines:N`` has more than one, to be appended in order. ``control`` is
    the content of the ``<kind>.control.json`` beside the file (rows and a total per column), where there is one.
    """

    delivery_month: date
    kind: str
    frame: pl.DataFrame
    part: int = 0
    control: Mapping[str, float] | None = None


@dataclass(frozen=True)
class Truth:
    """What the deliveries hide. Written beside the landing zone, never read by the pipeline.

    ``volumes``: prestatie × region × care month, through the year after the last delivery.
    ``completeness``: delivery × uitvoerder × prestatie group × care month, share of the final euro that is declared.
    ``defects``: one row per planted defect with the rows it touched and the euro at stake.
    """

    volumes: pl.DataFrame
    completeness: pl.DataFrame
    defects: pl.DataFrame


@dataclass(frozen=True)
class Settings:
    """What was asked: size, last delivery, seed, defects as NAME or NAME:SIZE."""

    scale: str
    until: date
    seed: int
    defects: tuple[str, ...] = ()
    lines: int = field(default=0)

    @property
    def defect_sizes(self) -> dict[str, str]:
        """Size of each defect that was asked for."""
        return dict(split_defect(word) for word in self.defects)

    @property
    def size(self) -> str:
        """``small`` or ``letter``: the world that is built."""
        return "small" if self.scale == "small" else "letter"


def split_defect(word: str) -> tuple[str, str]:
    """Name and size of a defect as it was asked for: ``unit_error:large``, or ``unit_error`` for the medium size."""
    name, colon, size = word.partition(":")
    return name, size if colon else "medium"


def check_defect_words(defects: Sequence[str], known_defects: Sequence[str]) -> None:
    """Raises SimulationError for an unknown name or size and for a defect named twice; names what is known."""
    sizes = dict(split_defect(word) for word in defects)
    unknown = [name for name in sizes if name not in known_defects]
    if unknown:
        raise SimulationError(
            f"defect {', '.join(unknown)}: expected NAME or NAME:SIZE, SIZE one of {', '.join(SIZES)} and "
            f"NAME one of {', '.join(known_defects)}"
        )
    odd = [f"{name}:{size}" for name, size in sizes.items() if size not in SIZES]
    if odd:
        raise SimulationError(f"defect {', '.join(odd)}: expected one of the sizes {', '.join(SIZES)}")
    if len(sizes) < len(defects):
        raise SimulationError(f"defects {', '.join(defects)}: expected each name once, at one size")


def read_settings(scale: str, until: date, seed: int, defects: Sequence[str], known_defects: Sequence[str]) -> Settings:
    """Checked settings. Raises SimulationError for an unknown scale or defect and for a month out of range.

    ``defects`` are words NAME or NAME:SIZE, ``known_defects`` the names.
    """
    lines = 0
    if scale.startswith("lines:"):
        text = scale.removeprefix("lines:").replace("_", "")
        if not text.isdigit() or int(text) < 1:
            raise SimulationError(f"scale {scale}: expected lines:N with N a whole number, for example lines:1000000")
        lines = int(text)
    elif scale not in ("letter", "small"):
        raise SimulationError(f"scale {scale}: expected letter, small or lines:N")
    until = until.replace(day=1)
    if not FIRST_DELIVERY_MONTH <= until <= LAST_DELIVERY_MONTH:
        raise SimulationError(
            f"until {until:%Y-%m}: simulated deliveries run "
            f"from {FIRST_DELIVERY_MONTH:%Y-%m} to {LAST_DELIVERY_MONTH:%Y-%m}"
        )
    check_defect_words(defects, known_defects)
    if lines and defects:
        raise SimulationError(f"scale {scale}: a load test takes no defects; plant them in letter or small")
    return Settings(scale, until, seed, tuple(defects), lines)


def money(values: np.ndarray, name: str = "") -> pl.Series:
    """Euro amounts as Decimal(18, 2); rounded half-even to the cent."""
    return cents_to_money(np.rint(np.asarray(values, dtype=float) * 100), name)


def cents_to_money(cents: np.ndarray, name: str = "") -> pl.Series:
    """Whole cents as Decimal(18, 2)."""
    return pl.Series(name, np.asarray(cents, dtype=float) / 100).cast(MONEY)


def go_on(path: np.ndarray, numbers: np.ndarray, at: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """A path over month numbers that goes on after the last count with the growth of the last year.

    >>> go_on(np.array([6.0, 6.0]), np.array([12, 24]), np.array([0, 12]), np.array([4.0, 6.0])).tolist()
    [6.0, 8.0]
    """
    beyond = counted[-1] + (numbers - at[-1]) * (counted[-1] - counted[-2]) / 12
    return np.where(numbers > at[-1], beyond, path)


def split_cents(total_cents: int, weights: np.ndarray) -> np.ndarray:
    """``total_cents`` over ``weights`` in whole cents that add up exactly (largest remainder)."""
    exact = total_cents * (weights / weights.sum())
    parts = np.asarray(np.floor(exact).astype(np.int64))
    left = total_cents - int(parts.sum())
    parts[np.argsort(parts - exact, kind="stable")[:left]] += 1
    return parts
