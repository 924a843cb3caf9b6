"""An earlier advice by the uitvoerders of a later one: what it said, with its regions where they are now.

Here: names that changed, regions that moved. Not here: what is made of the difference (``bridge.py``), and which
uitvoerder runs a region on a day (``wlz/known/uitvoerders.py``).
"""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

import polars as pl

from wlz.known.uitvoerders import list_moves, places_of
from wlz.words.vocabulary import MONEY, SERIES_KEY

FORECAST = "forecast"  # state of a month of revenue that had no claims
_ROOM = ("expected_excl_extra_eur", "extra_items_eur", "expected_eur", "budget_eur", "available_eur")
_VOLUMES = ["scenario", *SERIES_KEY, "care_month", "state", "in_base", "month_volume"]
_LEAST = 1e-9  # of a series: less than this stayed behind is nothing


class AdviceFrames(NamedTuple):
    """What one advice says in all its scenarios, and the kader it stands on.

    ``revenue``, ``prices`` and ``utilisation`` are REVENUE, PRICES and UTILISATION of its delivery month; ``budgets``
    is ``utilisation.latest_budgets`` of the kader delivery it rests on; ``shares`` is ``utilisation.region_shares`` of
    its claims (None: not known), by which a series is split where a region moved.
    """

    delivery_month: date
    budget_year: int
    revenue: pl.DataFrame
    prices: pl.DataFrame
    utilisation: pl.DataFrame
    budgets: pl.DataFrame
    shares: pl.DataFrame | None = None

    def of(self, scenario: str) -> "AdviceFrames":
        """The same advice in one scenario."""
        tables = {name: getattr(self, name).filter(scenario=scenario) for name in ("revenue", "prices", "utilisation")}
        return self._replace(**tables)

    @property
    def places(self) -> pl.DataFrame:
        """Its regions and their uitvoerder, as it says them itself: wlz_uitvoerder, zorgkantoorregio."""
        return places_of(self.utilisation)


def rename_uitvoerders(advice: AdviceFrames, renamed: Mapping[str, str]) -> AdviceFrames:
    """The advice with other names for the same uitvoerders: old name → new one."""
    if not renamed:
        return advice
    new = pl.col("wlz_uitvoerder").replace(dict(renamed))
    tables = {name: getattr(advice, name) for name in ("revenue", "prices", "utilisation", "budgets", "shares")}
    return advice._replace(**{name: table.with_columns(new) for name, table in tables.items() if table is not None})


def regroup_advice(before: AdviceFrames, after: AdviceFrames) -> AdviceFrames:
    """What ``before`` said, by the uitvoerders that run its regions in ``after``; itself when no region moved.

    Rooms, kader and pgb are sums of its regions, to the cent. Of a series the part of a region moves by the region's
    share in the claims of that prestatie (``region_shares``), else in all claims of its uitvoerder, else the same for
    each of its regions; its price is then the mean of what came together, by volume. ``revenue`` keeps volumes only.
    """
    moves = list_moves(before.places, after.places)
    if moves.is_empty():
        return before
    where = dict(moves.select("zorgkantoorregio", "receiver").iter_rows())
    receiver = pl.col("zorgkantoorregio").replace_strict(where, default=pl.col("wlz_uitvoerder"))
    by_region = before.utilisation.filter(pl.col("level") == "region").with_columns(wlz_uitvoerder=receiver)
    totals = by_region.group_by("scenario", "wlz_uitvoerder", "part").agg(pl.col(_ROOM).sum().cast(MONEY))
    rooms = pl.concat([by_region, totals.with_columns(level=pl.lit("uitvoerder"))], how="diagonal")
    touched = pl.col("wlz_uitvoerder").is_in(sorted({*moves["giver"], *moves["receiver"]}))
    pieces = _split_series(before.revenue.filter(touched), _moving_shares(before, moves))
    prices = before.prices.select("scenario", *SERIES_KEY, "price_eur_per_unit")
    return before._replace(
        revenue=pl.concat([before.revenue.filter(~touched).select(_VOLUMES), _join_pieces(pieces)]),
        prices=pl.concat([prices.filter(~touched), _mean_prices(pieces, prices.filter(touched))]),
        utilisation=rooms,
        budgets=before.budgets.with_columns(wlz_uitvoerder=receiver),
    )


def _moving_shares(before: AdviceFrames, moves: pl.DataFrame) -> pl.DataFrame:
    """Which part of each series goes where: prestatiecode, wlz_uitvoerder (giver), receiver, ``share``."""
    places = before.places
    codes = before.revenue.select(SERIES_KEY).unique()
    weights = {"prestatiecode": pl.String, "zorgkantoorregio": pl.String, "window_amount_eur": pl.Float64}
    known = pl.DataFrame(schema=weights)
    if before.shares is not None:
        known = before.shares.select(*weights).cast(weights)  # type: ignore[arg-type]
    known = known.with_columns(pl.col("window_amount_eur").clip(lower_bound=0.0))
    of_region = known.group_by("zorgkantoorregio").agg(pl.col("window_amount_eur").sum().alias("all_eur"))
    every = (
        codes.join(places, on="wlz_uitvoerder")
        .join(known, on=["prestatiecode", "zorgkantoorregio"], how="left")
        .join(of_region, on="zorgkantoorregio", how="left")
        .with_columns(pl.col("window_amount_eur", "all_eur").fill_null(0.0))
    )
    of_code, of_all = (pl.col(name).sum().over(SERIES_KEY) for name in ("window_amount_eur", "all_eur"))
    share = (
        pl.when(of_code > 0)
        .then(pl.col("window_amount_eur") / of_code)
        .when(of_all > 0)
        .then(pl.col("all_eur") / of_all)
        .otherwise(1.0 / pl.len().over(SERIES_KEY))
    )
    moving = every.with_columns(share.alias("share")).join(
        moves.select("zorgkantoorregio", "receiver"), on="zorgkantoorregio"
    )
    return moving.group_by(*SERIES_KEY, "receiver").agg(pl.col("share").sum()).sort(*SERIES_KEY, "receiver")


def _split_series(revenue: pl.DataFrame, moving: pl.DataFrame) -> pl.DataFrame:
    """Months of series in what stays and what goes: ``_VOLUMES`` with the uitvoerder of now, ``from_uitvoerder``."""
    rows = revenue.select(*_VOLUMES, from_uitvoerder="wlz_uitvoerder")
    gone = moving.group_by(SERIES_KEY).agg(pl.col("share").sum().alias("gone"))
    rest = 1.0 - pl.col("gone").fill_null(0.0)
    stays = rows.join(gone, on=SERIES_KEY, how="left").filter(rest > _LEAST).with_columns(pl.col("month_volume") * rest)
    goes = rows.join(moving.filter(pl.col("share") > 0), on=SERIES_KEY)
    went = goes.with_columns(pl.col("month_volume") * pl.col("share"), wlz_uitvoerder="receiver")
    return pl.concat([frame.select(rows.columns) for frame in (stays, went)])


def _join_pieces(pieces: pl.DataFrame) -> pl.DataFrame:
    """Pieces of one series added per month; a month was seen when one of its pieces was."""
    seen = pl.col("state").filter(pl.col("state") != FORECAST).sort().first()
    joined = pieces.group_by("scenario", *SERIES_KEY, "care_month").agg(
        seen.fill_null(FORECAST), pl.col("in_base").first(), pl.col("month_volume").sort_by("from_uitvoerder").sum()
    )
    return joined.select(_VOLUMES)


def _mean_prices(pieces: pl.DataFrame, prices: pl.DataFrame) -> pl.DataFrame:
    """Price of a joined series: that of its pieces by their volume of the year, their plain mean without volume."""
    priced = pieces.group_by("scenario", *SERIES_KEY, "from_uitvoerder").agg(
        pl.col("month_volume").sum().alias("volume")
    )
    priced = priced.join(
        prices.rename({"wlz_uitvoerder": "from_uitvoerder"}),
        on=["scenario", "prestatiecode", "from_uitvoerder"],
        how="left",
    ).drop_nulls("price_eur_per_unit")
    volume, price = pl.col("volume"), pl.col("price_eur_per_unit")
    mean = pl.when(volume.sum().abs() > _LEAST).then((volume * price).sum() / volume.sum()).otherwise(price.mean())
    ordered = priced.sort("from_uitvoerder").group_by("scenario", *SERIES_KEY, maintain_order=True)
    return ordered.agg(mean.alias("price_eur_per_unit"))
