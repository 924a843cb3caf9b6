"""Cells that exist on purpose: each price source of the advice, the unit trap, the worked example of table 7.

Source S: NZa, mei-advies 2018, A.2.2. A cell is prestatie × uitvoerder. No drawing here.
"""

from dataclasses import dataclass

Cell = tuple[str, str]  # (wlz_uitvoerder, prestatiecode)

SMALL_UITVOERDERS = ("De Friesland", "DSW", "Salland")
SMALL_PRESTATIES = (
    "H104",
    "H126",
    "H300",
    "H301",
    "H913",
    "Q205",
    "Q206",
    "V051",
    "V441",
    "Z015",
    "Z025",
    "Z041",
    "Z043",
    "Z051",
    "Z053",
    "Z063",
    "Z073",
    "Z110",
    "Z232",
    "Z432",
    "Z433",
    "Z456",
    "Z490",
    "Z903",
    "Z910",
    "ZMZ01",
    "ZMZTK",
    "ZMZTL",
)
TABLE_7_PRESTATIE = "Z025"
TABLE_7_PRICE = 83.29  # mean agreed price 2017 excl. NHC and NIC, table 7


@dataclass(frozen=True)
class SpecialCells:
    """Which cells take which road.

    ``late``: no claims of 2018 before the delivery of June 2018, so the price comes from agreements (b), or from
    the claims of 2017 (c) where also ``not_agreed``. ``stopped``: no care since 2017 (d).
    ``hours_as_minutes``: agreed in hours under the code of minutes, the unit trap. ``hours``: agreed in hours and
    declared so. ``table_7``: the uitvoerder of the worked example.
    """

    late: tuple[Cell, ...]
    not_agreed: tuple[Cell, ...]
    stopped: tuple[Cell, ...]
    hours_as_minutes: tuple[Cell, ...]
    hours: tuple[Cell, ...]
    table_7: str

    @property
    def required(self) -> set[Cell]:
        """Cells that must have at least one provider."""
        return {*self.late, *self.stopped, *self.hours_as_minutes, *self.hours}


LETTER = SpecialCells(
    late=(
        ("Menzis", "H127"),
        ("CZ", "H106"),
        ("VGZ", "H150"),
        ("Zilveren Kruis", "H305"),
        ("De Friesland", "H303"),
        ("Zorg en Zekerheid", "Z025"),
        ("VGZ", "Z722"),
        ("CZ", "Z832"),
        ("Zilveren Kruis", "H852"),
        ("DSW", "H330"),
        ("Menzis", "Z918"),
        ("Salland", "Z456"),
        ("CZ", "Z905"),
        ("Zilveren Kruis", "Z712"),
        ("VGZ", "Z978"),
        ("Menzis", "H334"),
        ("De Friesland", "H835"),
        ("Zorg en Zekerheid", "V441"),
    ),
    not_agreed=(
        ("CZ", "Z905"),
        ("Zilveren Kruis", "Z712"),
        ("VGZ", "Z978"),
        ("Menzis", "H334"),
        ("De Friesland", "H835"),
        ("Zorg en Zekerheid", "V441"),
    ),
    stopped=(("Salland", "Z983"), ("DSW", "Z976"), ("De Friesland", "Z814"), ("CZ", "H329"), ("VGZ", "Z916")),
    hours_as_minutes=(
        ("Menzis", "H127"),
        ("CZ", "H106"),
        ("VGZ", "H150"),
        ("Zilveren Kruis", "Q105"),
        ("Zilveren Kruis", "Q106"),
        ("Zorg en Zekerheid", "H152"),
    ),
    hours=(("Zilveren Kruis", "H305"), ("CZ", "H301"), ("Salland", "H104")),
    table_7="Zorg en Zekerheid",
)
SMALL = SpecialCells(
    late=(("DSW", "H301"), ("Salland", "H300"), ("De Friesland", "Z025"), ("Salland", "Z903")),
    not_agreed=(("Salland", "Z903"),),
    stopped=(("De Friesland", "Z910"),),
    hours_as_minutes=(("DSW", "H301"), ("De Friesland", "H104")),
    hours=(("Salland", "H300"),),
    table_7="De Friesland",
)
