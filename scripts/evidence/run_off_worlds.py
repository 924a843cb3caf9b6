"""Worlds of known truth for the lag method, in memory: what was finally claimed, and what every delivery said of it.

Six kinds of run-off, two profiles. Here: how a world is drawn. What is measured on it: `run_off.py`.
"""

from datetime import date
from typing import NamedTuple

import numpy as np
import polars as pl

from wlz.lag.complete import count_days
from wlz.words.months import add_months, list_months

KINDS = ("usual", "held back", "slower for good", "catch-up batches", "increasing lag", "provider speeds")
# Share of a care month settled at lags 0 to 36 months. Simulated: as `simulation/claims.py` draws it. Real: Open DAMIR
# (Licence Ouverte), payments processed in January 2025 by care month, as aggregated by
# github.com/aymen-data/open-damir-data-engineering, reports/analyses/05_care_period.csv; increments below 0 left out.
REAL_SHARES = (
    0.583579, 0.869981, 0.936501, 0.961132, 0.972662, 0.978538, 0.983189, 0.986547, 0.988942, 0.990977, 0.992713,
    0.994018, 0.995184, 0.995971, 0.99653, 0.99704, 0.997482, 0.997763, 0.998132, 0.998407, 0.998667, 0.99892,
    0.999157, 0.999372, 0.999475, 0.999631, 0.99974, 0.999842, 0.999899, 0.999932, 0.999954, 0.99997, 0.99999,
    0.999995, 0.999997, 0.999999, 1.0,
)  # fmt: skip
PROFILES = ("simulated", "real")
SIMULATED_LAG_0 = (0.05, 0.70)
SIMULATED_SHARES = (0.93, 0.98, 0.995)
TAIL_RATIO, TAIL_MONTHS = 0.0012, 4.0  # not yet there after lag 4, and how fast it shrinks
FIRST_MONTH, FIRST_DELIVERY = date(2015, 1, 1), date(2017, 1, 1)
LAST_DELIVERIES = (date(2018, 5, 1), date(2018, 8, 1), date(2018, 11, 1))
UITVOERDERS, GROUPS, SERIES_PER_GROUP = 3, 3, (3, 2, 2)
PROVIDERS = 5  # of a cell in a world of provider speeds
SLOW_MONTHS = {7: -0.35, 8: -0.30, 12: -0.40}  # log odds, at lags 0 to 2
UITVOERDER_SD, GROUP_SD, CELL_SD, DELIVERY_SD, MONTH_SD = 0.35, 0.30, 0.12, 0.06, 0.05  # log odds
BILLING_LAGS, DRIFT = 5, 0.02  # lags that billing moves; log odds a delivery, over the last twelve
SILENT_SHARE = 0.10  # of the series, in the last one to four care months
LAGS = len(REAL_SHARES)


class World(NamedTuple):
    """S series of G uitvoerders over T care months, D deliveries.

    `final` (S, T) volumes; `said` (S, D, T) cumulative, NaN before the care; `hit` (G,) uitvoerders whose last delivery
    is not on the usual curve; `silent` (S, T) months of which nothing was delivered; `series` keys with group and unit.
    """

    final: np.ndarray
    said: np.ndarray
    hit: np.ndarray
    silent: np.ndarray
    series: pl.DataFrame
    months: list[date]
    deliveries: list[date]


def draw_world(kind: str, profile: str, seed: int) -> World:
    """A world of this kind; the same seed makes the same volumes in every kind."""
    rng = np.random.default_rng([seed, PROFILES.index(profile)])
    last = LAST_DELIVERIES[seed % len(LAST_DELIVERIES)]
    months, deliveries = list_months(FIRST_MONTH, add_months(last, -1)), list_months(FIRST_DELIVERY, last)
    series = _list_series()
    final = _draw_volumes(rng, series, months)
    share = _draw_shares(rng, kind, profile, series, months, deliveries)
    hit = np.zeros(UITVOERDERS, dtype=bool)
    of_kind = np.random.default_rng([seed, PROFILES.index(profile), KINDS.index(kind)])
    share = _disturb(of_kind, kind, share, series["owner"].to_numpy(), hit)
    silent = _fall_silent(of_kind, final)
    share = np.where(silent[:, None, :], np.where(np.isnan(share), np.nan, 0.0), share)
    return World(final, share * final[:, None, :], hit, silent, series, months, deliveries)


def _list_series() -> pl.DataFrame:
    rows = [
        (f"P{group}{number}", f"U{owner}", f"g{group}", "14" if group == 0 else "01", owner, owner * GROUPS + group)
        for owner in range(UITVOERDERS)
        for group in range(GROUPS)
        for number in range(SERIES_PER_GROUP[group])
    ]
    names = ["prestatiecode", "wlz_uitvoerder", "prestatiegroep", "unit_code", "owner", "cell"]
    return pl.DataFrame(rows, schema=names, orient="row")


def _draw_volumes(rng: np.random.Generator, series: pl.DataFrame, months: list[date]) -> np.ndarray:
    """Clients who stay and arrive around a level that grows and wanders, times the days that count."""
    count = series.height
    clients = np.exp(rng.normal(5.5, 1.0, count)) + 25
    growth = rng.normal(0.01, 0.03, count) + rng.normal(0.0, 0.015)
    walk = np.cumsum(rng.normal(0, 0.004, (count, len(months))), axis=1)
    season = 1 + rng.uniform(0, 0.03, count)[:, None] * np.sin(np.arange(len(months)) * np.pi / 6)
    level = clients[:, None] * np.exp(growth[:, None] * np.arange(len(months)) / 12 + walk)
    held, volumes = rng.poisson(level[:, 0]), np.zeros(level.shape)
    days = count_days(months, series["unit_code"].to_list())
    for place in range(len(months)):
        held = rng.binomial(held, 0.96) + rng.poisson(np.maximum(level[:, place] - 0.96 * level[:, place - 1], 0.0)
                                                      if place else level[:, 0] * 0.04)  # fmt: skip
        volumes[:, place] = held * np.exp(rng.normal(0, 0.012, count))
    return np.rint(volumes * season * days * 30)


def _draw_shares(
    rng: np.random.Generator,
    kind: str,
    profile: str,
    series: pl.DataFrame,
    months: list[date],
    deliveries: list[date],
) -> np.ndarray:
    """(S, D, T) share settled at each delivery, without what the kind of world does to single deliveries."""
    owner, cell = series["owner"].to_numpy(), series["cell"].to_numpy()
    scale = 1.0 if profile == "simulated" else 0.5
    curve = _profile(rng, profile)  # (G, LAGS)
    shift = rng.normal(0, UITVOERDER_SD * scale, UITVOERDERS)[owner] if profile == "real" else np.zeros(len(owner))
    shift = shift + rng.normal(0, GROUP_SD * scale, UITVOERDERS * GROUPS)[cell] + rng.normal(0, CELL_SD, len(owner))
    of_delivery = rng.normal(0, DELIVERY_SD, (UITVOERDERS, len(deliveries)))[owner]
    of_month = rng.normal(0, MONTH_SD, (UITVOERDERS * GROUPS, len(months)))[cell]
    providers = _provider_weights(rng, len(owner), len(months)) if kind == "provider speeds" else None
    slow = np.array([SLOW_MONTHS.get(month.month, 0.0) for month in months])
    share = np.full((len(owner), len(deliveries), len(months)), np.nan)
    behind = len(months) - len(deliveries)  # care months before the first delivery, less the one it ends at
    for place in range(len(deliveries)):
        lag = behind + place - np.arange(len(months))
        at = np.clip(lag, 0, LAGS - 1)
        moved = shift[:, None] + of_delivery[:, place, None] + of_month + np.where(lag <= 2, slow, 0.0)
        if kind == "increasing lag":
            moved = moved - np.where(lag <= BILLING_LAGS, DRIFT * max(place - len(deliveries) + 13, 0), 0.0)
        if providers is None:
            found = _move(curve[owner][:, at], moved)
        else:
            weight, speed = providers
            own = np.where(lag <= BILLING_LAGS, speed[:, :, None], 0.0)
            parts = [weight[:, one] * _move(curve[owner][:, at], moved + own[:, one]) for one in range(PROVIDERS)]
            found = np.sum(parts, axis=0)
        share[:, place] = np.where(lag < 0, np.nan, np.where(lag >= LAGS - 1, 1.0, found))
    return np.asarray(np.maximum.accumulate(np.nan_to_num(share), axis=1) + 0 * share)


def _profile(rng: np.random.Generator, profile: str) -> np.ndarray:
    if profile == "real":
        return np.repeat(np.array(REAL_SHARES)[None], UITVOERDERS, axis=0)
    curve = np.ones((UITVOERDERS, LAGS))
    shift = rng.normal(0, UITVOERDER_SD, UITVOERDERS)[:, None]
    curve[:, :1] = rng.uniform(*SIMULATED_LAG_0, (UITVOERDERS, 1))
    curve[:, 1:4] = _move(np.array(SIMULATED_SHARES)[None], shift)
    curve[:, 4:] = 1 - TAIL_RATIO * np.exp(-np.arange(LAGS - 4) / TAIL_MONTHS)
    return curve


def _provider_weights(rng: np.random.Generator, count: int, months: int) -> tuple[np.ndarray, np.ndarray]:
    """Weights (S, PROVIDERS, T) that wander and add up to 1, and the log odds (S, PROVIDERS) of each provider."""
    size = np.exp(np.cumsum(rng.normal(0, 0.03, (count, PROVIDERS, months)), axis=2)
                  + rng.normal(0, 1, (count, PROVIDERS, 1)))  # fmt: skip
    return size / size.sum(axis=1, keepdims=True), rng.normal(0, 0.8, (count, PROVIDERS))


def _move(share: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """Share with its odds times exp(shift)."""
    inside = (share > 0) & (share < 1)
    odds = np.where(inside, share / np.where(inside, 1 - share, 1.0), 1.0) * np.exp(shift)
    return np.asarray(np.where(inside, odds / (1 + odds), share + 0 * odds))


def _disturb(rng: np.random.Generator, kind: str, share: np.ndarray, owner: np.ndarray, hit: np.ndarray) -> np.ndarray:
    """What the kind of world does to deliveries of an uitvoerder; marks in `hit` whose last delivery it touches."""
    said, last = share.copy(), share.shape[1] - 1
    chosen = int(rng.integers(UITVOERDERS))
    mine = owner == chosen
    if kind == "held back":
        _hold_back(said, share, mine, last, float(rng.uniform(0.1, 1.0)))
        hit[chosen] = True
    elif kind == "slower for good":
        since, later = int(rng.integers(1, 7)), float(rng.uniform(0.2, 0.5))
        for place in range(last + 1 - since, last + 1):
            newest = share.shape[2] - 1 - (last - place)
            said[mine, place, newest] *= 1 - later
        hit[chosen] = True
    elif kind == "catch-up batches":
        for group in range(UITVOERDERS):
            held = False
            for place in range(1, last + 1):
                held = not held and rng.random() < 0.15
                if held:
                    _hold_back(said, share, owner == group, place, float(rng.uniform(0.2, 0.8)))
            hit[group] = held
    return said


def _hold_back(said: np.ndarray, share: np.ndarray, mine: np.ndarray, place: int, ratio: float) -> None:
    """Of what came in since the delivery before, this ratio stays out; the next delivery makes it good."""
    before = np.nan_to_num(share[mine, place - 1])
    said[mine, place] = share[mine, place] - ratio * (share[mine, place] - before)


def _fall_silent(rng: np.random.Generator, final: np.ndarray) -> np.ndarray:
    """Series of which the last one to four care months were not delivered at all."""
    count, months = final.shape
    length = np.where(rng.random(count) < SILENT_SHARE, rng.integers(1, 5, count), 0)
    return np.asarray(np.arange(months)[None, :] >= months - length[:, None])
