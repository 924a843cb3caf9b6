"""What every page builder is given: the facts, the language, the drawing of figures, names of files."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import polars as pl

from reports.charts.render import render_figure
from reports.charts.style import Size
from reports.facts import Facts
from reports.hidden import hidden_cells, hidden_names
from reports.language import Language
from reports.pages.model import Figure, Slugs, Tile
from reports.tables.table import Table
from wlz.words.vocabulary import NATION

Draw = Callable[..., dict[str, Any] | str | None]


@dataclass
class Context:
    """Facts and language of one report, and short ways to say, draw and link."""

    facts: Facts
    language: Language
    slugs: Slugs = field(default_factory=Slugs)

    def say(self, key: str, **values: object) -> str:
        """A phrase of the pages."""
        return self.language.say(f"page.{key}", **values)

    def figure(
        self,
        identity: str,
        title: str,
        source: str,
        draw: Draw,
        *frames: pl.DataFrame,
        table: Table | None = None,
        **more: Any,
    ) -> Figure:
        """A figure in both sizes with its words for who cannot see it; empty when there is nothing to draw."""

        def draw_size(size: Size) -> dict[str, Any] | str | None:
            return draw(*frames, self.language, size=size, **more)

        svg = render_figure(draw_size, f"{identity}-beeld", title, self.say("describe", title=title), self.language)
        return Figure(identity, title, svg or "", table, source)

    def without_hidden(self, rows: pl.DataFrame, level: str, part: str) -> pl.DataFrame:
        """Rows of uitvoerders or regions that may be shown."""
        column = "zorgkantoorregio" if level == "region" else "wlz_uitvoerder"
        return rows.filter(~pl.col(column).is_in(sorted(hidden_names(self.facts, level, part))))

    def uitvoerder_path(self, name: str) -> str:
        """The page of a Wlz-uitvoerder."""
        return f"uitvoerder/{self.slugs.slug(name)}.html"

    def region_path(self, name: str) -> str:
        """The page of a zorgkantoorregio."""
        return f"regio/{self.slugs.slug(name)}.html"

    @property
    def uitvoerder_links(self) -> dict[str, str]:
        """Name → page of every uitvoerder."""
        return {name: self.uitvoerder_path(name) for name in self.facts.uitvoerders}

    @property
    def region_links(self) -> dict[str, str]:
        """Name → page of every region."""
        return {name: self.region_path(name) for name in self.regions}

    @property
    def regions(self) -> list[str]:
        """Regions of the advice, by name."""
        names = self.facts.of("pgb_region")["zorgkantoorregio"].to_list()
        names += self.facts.of("zin_region")["zorgkantoorregio"].to_list()
        return sorted({name for name in names if name != NATION}, key=str.casefold)

    def is_hidden(self, level: str, name: str, part: str) -> bool:
        """Whether the amounts of an uitvoerder or a region may not be shown."""
        return name in hidden_names(self.facts, level, part)

    def hidden(self, level: str, part: str) -> set[tuple[str, ...]]:
        """Keys of suppressed cells."""
        return hidden_cells(self.facts, level, part)

    def room_tile(self, label: str, row: dict[str, Any] | None, detail: str, decimals: int = 0) -> Tile | None:
        """A tile with the room of a row in millions, a shortage without its sign; None without a row."""
        if row is None or row["available_eur"] is None:
            return None
        amount = self.language.millions(row["available_eur"], decimals)
        is_short = amount.startswith("-")
        way = self.say("tile_short" if is_short else "tile_room")
        return Tile(f"{label}: {way}", self.say("tile_mln", amount=amount.lstrip("-")), detail, is_short=is_short)

    def mln(self, amount: Decimal | None, decimals: int = 0) -> str:
        """An amount in millions with its unit."""
        return self.say("tile_mln", amount=self.language.millions(amount, decimals))
