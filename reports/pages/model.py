"""What a page is made of, before it has a look: lead, tiles, sections of sentences, links, figures and tables."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

from reports.tables.table import Table

MAX_SLUG = 60
SHORT = 3  # sections a page may have without a table of contents


@dataclass(frozen=True)
class Link:
    """A way to another page of the report, from its top folder."""

    href: str
    label: str
    detail: str = ""


@dataclass(frozen=True)
class Tile:
    """One figure that must be seen first, with what it is and what belongs beside it."""

    label: str
    value: str
    detail: str = ""
    is_short: bool = False


@dataclass(frozen=True)
class Figure:
    """A drawing with its title, the same as a table, and the mart it shows. Without rows ``svg`` is empty."""

    identity: str
    title: str
    svg: str
    table: Table | None = None
    source: str = ""


@dataclass(frozen=True)
class PriceExample:
    """Table 7 for a prestatie the reader chooses."""

    identity: str
    codes: Sequence[str]
    chosen: str
    table: Table
    worked: str
    data: str


Block = Figure | Table | PriceExample


@dataclass(frozen=True)
class Section:
    """A part of a page under a heading of its own; a minor one has a small heading and is not in the contents."""

    identity: str
    heading: str
    paragraphs: Sequence[str] = ()
    blocks: Sequence[Block] = ()
    links: Sequence[Link] = ()
    is_minor: bool = False


@dataclass(frozen=True)
class Page:
    """A page: its file below the folder of the month, and what it says."""

    path: str
    title: str
    heading: str
    lead: Sequence[str]
    sections: Sequence[Section]
    tiles: Sequence[Tile] = ()
    errata: Sequence[str] = ()

    @property
    def root(self) -> str:
        """The way from this page to the folder of the month: '' or '../'."""
        return "../" * self.path.count("/")

    @property
    def contents(self) -> list[Section]:
        """Sections a reader may want to jump to; none on a short page."""
        listed = [section for section in self.sections if not section.is_minor]
        return listed if len(listed) > SHORT else []

    @property
    def tables(self) -> list[Table]:
        """Every table of the page, also those beside a figure and the whole of table 7."""
        found = []
        for section in self.sections:
            for block in section.blocks:
                table = block if isinstance(block, Table) else block.table
                if table is not None and not table.is_empty:
                    found.append(table)
        return found


@dataclass
class Slugs:
    """Names of files from names of uitvoerders and regions: two that look alike get a number."""

    taken: dict[str, str] = field(default_factory=dict)

    def slug(self, name: str) -> str:
        """A name of a file: small letters, digits and dashes, the same one for the same name.

        >>> Slugs().slug("'t Gooi"), Slugs().slug("Zaanstreek/Waterland")
        ('t-gooi', 'zaanstreek-waterland')
        """
        if name not in self.taken:
            plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
            base = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:MAX_SLUG] or "naam"
            known, number = set(self.taken.values()), 1
            while (slug := base if number == 1 else f"{base}-{number}") in known:
                number += 1
            self.taken[name] = slug
        return self.taken[name]
