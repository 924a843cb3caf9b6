"""Defects in when claims come in: late, repeated, skipped or misdated deliveries, another pace of billing."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import polars as pl

from simulation.claims import (
    BILLING_DELIVERIES,
    Claims,
    claims_frame,
    largest_uitvoerder,
    uitvoerders_by_size,
)
from simulation.defects.planting import (
    KEY,
    Defect,
    Outcome,
    Plant,
    Planted,
    Target,
    care_months,
    choose_provider,
    choose_uitvoerder,
    delivery_before,
    euro,
    matches,
    of_uitvoerder,
    sized,
    whole_file,
)
from simulation.inputs import SIZES, split_defect
from wlz.words.months import month_number

# Deliveries with a fault of the whole file, counted back: it has no smaller form and grows by lasting longer.
LAST_DELIVERIES = sized((0,), (0,), (0, 1, 2))
SKIPPED_DELIVERIES = sized((1,), (1,), (1, 2, 3))
RECENT_LAGS = (2, 3)  # in which a provider that is late usually has claims


def _dated(frame: pl.DataFrame, day: date) -> pl.DataFrame:
    return frame.with_columns(aanleverdatum=pl.lit(day, dtype=pl.Date))


def deliveries_since_good(target: Target) -> int:
    """How many deliveries back the last one without a fault of ``LAST_DELIVERIES`` lies; 1 for the first with it."""
    back = month_number(target.until) - month_number(target.file.delivery_month)
    return max(LAST_DELIVERIES[target.size]) + 1 - back


def _late_uitvoerder(target: Target) -> Outcome:
    return _repeat_uitvoerders(target, [choose_uitvoerder(target)])


def _late_largest(target: Target) -> Outcome:
    by_size = uitvoerders_by_size(target.claims)
    return _repeat_uitvoerders(target, sized(by_size[:1], by_size[-1:], by_size[:-3:-1])[target.size])


def _repeat_uitvoerders(target: Target, numbers: Sequence[int]) -> Outcome:
    """Each of these uitvoerders with the rows it had in the delivery before."""
    frame, before, planted = target.frame, delivery_before(target), []
    for number in numbers:
        mine = of_uitvoerder(target.world, number)
        previous = _dated(before.filter(mine), frame["aanleverdatum"][0])
        hidden = euro(frame.filter(mine)) - euro(previous)
        where = {"wlz_uitvoerder": target.world.uitvoerders[number]}
        words = "same values as in the delivery before; the euro is what stays hidden"
        frame = pl.concat([frame.filter(~mine), previous])
        planted.append(Planted(where, previous.height, hidden, words))
    return target.with_frame(frame), planted


def _late_provider(target: Target) -> Outcome:
    where = choose_provider(target, target.frame, care_months(target, *RECENT_LAGS))
    mine = matches(where)
    previous = _dated(delivery_before(target).filter(mine), target.frame["aanleverdatum"][0])
    hidden = euro(target.frame.filter(mine)) - euro(previous)
    words = "same values as in the delivery before; the euro is what stays hidden"
    changed = pl.concat([target.frame.filter(~mine), previous])
    return target.with_frame(changed), [Planted(where, previous.height, hidden, words)]


def _repeated_delivery(target: Target) -> Outcome:
    previous = delivery_before(target, deliveries_since_good(target))
    repeated = _dated(previous, target.frame["aanleverdatum"][0])
    hidden = euro(target.frame) - euro(previous)
    words = "rows of the last delivery without the fault; the euro is what came in since and stays hidden"
    return target.with_frame(repeated), [Planted(whole_file(repeated), repeated.height, hidden, words)]


def _skipped_delivery(target: Target) -> Outcome:
    added = euro(target.frame) - euro(delivery_before(target))
    words = "not delivered; the euro is what it added to the delivery before it"
    return None, [Planted(whole_file(target.frame), target.frame.height, added, words)]


def _older_date(target: Target) -> Outcome:
    good = delivery_before(target, deliveries_since_good(target))
    changed = _dated(target.frame, good["aanleverdatum"][0] - timedelta(days=1))
    hidden = euro(target.frame) - euro(good)
    words = "dated a day before the last delivery without the fault; the euro is what came in since that one"
    return target.with_frame(changed), [Planted(whole_file(changed), changed.height, hidden, words)]


def _billing(name: str, words: str) -> Plant:
    """Another pace of billing: in the run-off already, so the rows stay as they are and what it did is listed."""

    def plant(target: Target) -> Outcome:
        number, month = largest_uitvoerder(target.claims), target.file.delivery_month
        mine = of_uitvoerder(target.world, number)
        now, usual = (claims_frame(one, month).filter(mine) for one in (target.claims, _without(target.claims, name)))
        rows = now.join(usual, on=[*KEY, "aantal"], how="anti").height
        where = {"wlz_uitvoerder": target.world.uitvoerders[number]}
        return target.file, [Planted(where, rows, abs(euro(now) - euro(usual)), words)]

    return plant


def _without(claims: Claims, defect: str) -> Claims:
    """The same claims had this defect not been asked for."""
    settings = claims.world.settings
    others = replace(settings, defects=tuple(word for word in settings.defects if split_defect(word)[0] != defect))
    return replace(claims, world=replace(claims.world, settings=others))


_UITVOERDERS = sized("the smallest uitvoerder", "the largest uitvoerder", "the two largest uitvoerders")
_PROVIDERS = sized("a small provider", "a middling provider", "the largest provider")
_BILLING_SIZES = sized("a quarter of the shift", "the shift of BILLING_SHIFTS", "twice the shift")
_BILLING_DELIVERIES = sized(*(tuple(range(BILLING_DELIVERIES)) for _ in SIZES))
_LASTING = sized("the last delivery", "the last delivery", "the last three deliveries")
_ONE_BEFORE = sized(1, 1, 1)
DEFECTS: dict[str, Defect] = {
    "repeated_delivery": Defect(
        "The whole file repeats the delivery before under a new date.",
        "D04",
        _LASTING,
        20,
        _repeated_delivery,
        touched=LAST_DELIVERIES,
        needed=sized(1, 1, 3),
    ),
    "late_uitvoerder": Defect(
        "One uitvoerder repeats its previous delivery.",
        "L02",
        sized("the smallest uitvoerder", "one uitvoerder", "the largest uitvoerder"),
        7,
        _late_uitvoerder,
        needed=_ONE_BEFORE,
    ),
    "late_largest": Defect(
        "The largest uitvoerder repeats its previous delivery.",
        "L02",
        _UITVOERDERS,
        13,
        _late_largest,
        needed=_ONE_BEFORE,
    ),
    "catch_up": Defect(
        "The largest uitvoerder repeated itself in the delivery before the last; it is up to date again.",
        "L04",
        _UITVOERDERS,
        14,
        _late_largest,
        touched=sized((1,), (1,), (1,)),
        needed=sized(2, 2, 2),
    ),
    "billing_speed": Defect(
        "The largest uitvoerder bills much faster from the last three deliveries on.",
        "L03",
        _BILLING_SIZES,
        15,
        _billing("billing_speed", "bills faster at lags 1 to 4; the euro is what comes in earlier"),
        touched=_BILLING_DELIVERIES,
    ),
    "billing_slow": Defect(
        "The largest uitvoerder bills slower from the last three deliveries on.",
        "L03",
        _BILLING_SIZES,
        16,
        _billing("billing_slow", "bills slower at lags 1 to 4; the euro is what comes in later"),
        touched=_BILLING_DELIVERIES,
    ),
    "late_provider": Defect(
        "One provider at one zorgkantoor repeats its values of the previous delivery.",
        "L12",
        _PROVIDERS,
        21,
        _late_provider,
        needed=_ONE_BEFORE,
    ),
    "older_date": Defect(
        "The delivery is dated before an earlier one.",
        "D07-reversal",
        _LASTING,
        22,
        _older_date,
        touched=LAST_DELIVERIES,
        needed=sized(1, 1, 3),
    ),
    "skipped_delivery": Defect(
        "Deliveries before the last one are absent.",
        "D07-gap",
        sized("the delivery before the last", "the delivery before the last", "the three before the last"),
        40,
        _skipped_delivery,
        touched=SKIPPED_DELIVERIES,
        needed=sized(2, 2, 4),
    ),
}
