"""Cells that exist on purpose: each price source of the advice, the unit trap, the worked example of table 7.

Source S: NZa, mei-advies 2018, A.2.2. A cell is prestatie × uitvoerder. No drawing here.
"""

from dataclasses import dataclass

Cell = tuple[str, str]  # (wlz_uitvoerder, prestatiecode)

SMALL_UITVOERDERS = ("De Friesland", "DSW", "Salland")
SMALL_PRESTATIES = (
    "H101",
    "H104",
    "H111",
    "H113",
    "H205",
    "H206",
    "H905",
    "H921",
    "V051",
    "V441",
    "Z011",
    "Z025",
    "Z043",
    "Z045",
    "Z051",
    "Z053",
    "Z063",
    "Z073",
    "Z110",
    "Z233",
    "Z433",
    "Z437",
    "Z453",
    "Z490",
    "Z931",
    "Z971",
    "Z973",
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
        ("Menzis", "H102"),
        ("CZ", "H107"),
        ("VGZ", "H112"),
        ("Zilveren Kruis", "H120"),
        ("De Friesland", "H118"),
        ("Zorg en Zekerheid", "Z025"),
        ("VGZ", "Z723"),
        ("CZ", "Z833"),
        ("Zilveren Kruis", "H233"),
        ("DSW", "H145"),
        ("Menzis", "Z934"),
        ("Salland", "Z453"),
        ("CZ", "H926"),
        ("Zilveren Kruis", "Z713"),
        ("VGZ", "Z945"),
        ("Menzis", "H146"),
        ("De Friesland", "H225"),
        ("Zorg en Zekerheid", "V441"),
    ),
    not_agreed=(
        ("CZ", "H926"),
        ("Zilveren Kruis", "Z713"),
        ("VGZ", "Z945"),
        ("Menzis", "H146"),
        ("De Friesland", "H225"),
        ("Zorg en Zekerheid", "V441"),
    ),
    stopped=(("Salland", "Z935"), ("DSW", "Z941"), ("De Friesland", "Z813"), ("CZ", "H148"), ("VGZ", "Z916")),
    hours_as_minutes=(
        ("Menzis", "H102"),
        ("CZ", "H107"),
        ("VGZ", "H112"),
        ("Zilveren Kruis", "H106"),
        ("Zorg en Zekerheid", "H114"),
    ),
    hours=(("Zilveren Kruis", "H120"), ("CZ", "H113"), ("Salland", "H104")),
    table_7="Zorg en Zekerheid",
)
SMALL = SpecialCells(
    late=(("DSW", "H104"), ("Salland", "H111"), ("De Friesland", "Z025"), ("Salland", "H921")),
    not_agreed=(("Salland", "H921"),),
    stopped=(("De Friesland", "Z931"),),
    hours_as_minutes=(("DSW", "H104"), ("De Friesland", "H113")),
    hours=(("Salland", "H111"),),
    table_7="De Friesland",
)
