"""Where each region stands in the map of tiles, and its name in a tile: about as the Netherlands lie.

Names are those of table 6. A tile holds two short lines, or one on a phone.
"""

from typing import NamedTuple


class Tile(NamedTuple):
    """Place in the grid, name in one or two lines, name on a phone."""

    row: int
    column: int
    name: str
    short: str


TILES = {
    "Friesland": Tile(0, 4, "Friesland", "Friesl."),
    "Groningen": Tile(0, 5, "Groningen", "Gron."),
    "Noord-Holland-Noord": Tile(1, 2, "Noord-\nHolland-Noord", "NH-Nrd"),
    "Drenthe": Tile(1, 5, "Drenthe", "Drenthe"),
    "Kennemerland": Tile(2, 1, "Kennemer-\nland", "Kenn.l."),
    "Zaanstreek/Waterland": Tile(2, 2, "Zaanstreek/\nWaterland", "Zaanstr."),
    "Flevoland": Tile(2, 4, "Flevoland", "Flevol."),
    "Zwolle": Tile(2, 5, "Zwolle", "Zwolle"),
    "Amsteland/Meerlanden": Tile(3, 1, "Amsteland/\nMeerlanden", "Amstel."),
    "Amsterdam": Tile(3, 2, "Amsterdam", "A'dam"),
    "'t Gooi": Tile(3, 3, "'t Gooi", "'t Gooi"),
    "Stedendriehoek": Tile(3, 4, "Steden-\ndriehoek", "Sted.dr."),
    "Midden-IJssel": Tile(3, 5, "Midden-\nIJssel", "M-IJss."),
    "Twente": Tile(3, 6, "Twente", "Twente"),
    "Haaglanden": Tile(4, 0, "Haaglanden", "Haagl."),
    "Zuid-Holland-Noord": Tile(4, 1, "Zuid-\nHolland-Noord", "ZH-Nrd"),
    "Midden-Holland": Tile(4, 2, "Midden-\nHolland", "M-Holl."),
    "Utrecht": Tile(4, 3, "Utrecht", "Utrecht"),
    "Arnhem": Tile(4, 4, "Arnhem", "Arnhem"),
    "Westland Schiedland Delfland": Tile(5, 0, "Westl. Schied-\nland Delfland", "WSD"),
    "Rotterdam": Tile(5, 1, "Rotterdam", "R'dam"),
    "Waardenland": Tile(5, 2, "Waarden-\nland", "Waard."),
    "Nijmegen": Tile(5, 4, "Nijmegen", "Nijm."),
    "Zuid-Hollandse Eilanden": Tile(6, 0, "Zuid-Holl.\nEilanden", "ZH-Eil."),
    "West-Brabant": Tile(6, 1, "West-\nBrabant", "W-Brab."),
    "Midden-Brabant": Tile(6, 2, "Midden-\nBrabant", "M-Brab."),
    "Noordoost Brabant": Tile(6, 3, "Noordoost\nBrabant", "NO-Bra."),
    "Zeeland": Tile(7, 0, "Zeeland", "Zeeland"),
    "Zuid Oost-Brabant": Tile(7, 3, "Zuid Oost-\nBrabant", "ZO-Bra."),
    "Noord en Midden Limburg": Tile(7, 4, "Noord en Mid-\nden Limburg", "N&M Lim"),
    "Zuid-Limburg": Tile(8, 4, "Zuid-\nLimburg", "Z-Limb."),
}
COLUMNS = 7
ROWS = 9
