"""Is a price in another unit than it says? Annex A.2.2 of the letter and checks U01–U04.

Here: the decision table (``fit_unit``), the verdict per agreement, the factor 60 and what speaks for it. Not here:
conversions between declared units (`units.py`, done before), claims (`units.py`, the same table) and what the
price is used for (`prices.py`). Claims are never corrected.
"""

import math
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import polars as pl

from wlz.words.vocabulary import SERIES_KEY

MINIMUM_UITVOERDERS = 3  # with a declared price, before their median outweighs that of one of them
# Factors between units that get confused; 60 comes from the assumptions and is the only one ever corrected.
OTHER_UNIT_FACTORS = (
    12.0,  # hour, five minutes
    4.0,  # dagdeel, hour
    24.0,  # etmaal, hour
    7.0,  # week, day
    30.4375,  # month, day
    240.0,  # dagdeel, minute
    1440.0,  # etmaal, minute
)
SCALE_FACTORS = (100.0, 1000.0)  # euro in cents, thousands: never a unit
MIXTURE_MINIMUM_RATIO = 1.5  # less is a plain difference of prices
MIXTURE_MARGIN_FACTOR = 1.25  # from the whole factor: above 60 ÷ 1.25 = 48 all of it is in the other unit
_JUDGED_BY = ("unit_factor_hours_minutes", "unit_factor_tolerance", "unit_volume_tolerance")
_ROUNDING = 1e-9  # of a logarithm: 48 and 75 times still count as around 60
# A key with several agreements shows the gravest verdict; those that changed a price come before mere suspicions.
GRAVITY = (
    "volume_factor_60",
    "scale_error",
    "unit_error_unconfirmed",
    "unit_error_confirmed",
    "ambiguous",
    "other_unit",
    "no_reference",
    "ok",
)


class UnitFit(NamedTuple):
    """What a price ratio and a volume ratio say together.

    ``kind``: same, volume (inflated with the amount), unit, scale (the amount is wrong), ambiguous, mixture or none.
    ``is_confirmed`` when the amount is unchanged. ``candidates``: factors within tolerance and how far off in
    logarithm, nearest first. ``share`` of the reported volume in the larger unit, for a mixture with r above 1; below
    1 the share of the real volume in the smaller one.
    """

    kind: str
    factor: float = 1.0
    is_confirmed: bool = False
    candidates: tuple[tuple[float, float], ...] = ()
    share: float | None = None

    @property
    def words(self) -> str:
        """The candidates, as in "24 (off by 0.12) and 30.4375 (off by 0.12)"."""
        return " and ".join(f"{factor:g} (off by {distance:.2f})" for factor, distance in self.candidates)


class UnitVerdict(NamedTuple):
    """``status`` as in the column unit_status, the ``factor`` the price is divided by, and why in words."""

    status: str
    factor: float
    remark: str | None = None


def factor_tolerances(factors: Iterable[float], base: float, spread: float = 0.0) -> dict[float, float]:
    """Tolerance per factor, in logarithm: ``base``, or ``spread`` of a noisy prestatie where that is larger.

    The spread never reaches over half the distance to the next factor (or to 1, the right unit); the base may, and
    two factors can then both fit (catalogue of checks, unit confusion: 24 against 30.4).

    >>> factor_tolerances([4.0, 24.0], base=0.2, spread=0.5)
    {4.0: 0.5, 24.0: 0.5}
    """
    logs = [0.0, *sorted(math.log(factor) for factor in factors)]
    gaps = [high - low for low, high in pairwise(logs)]
    nearest = [min(pair) for pair in zip(gaps, [*gaps[1:], math.inf], strict=True)]
    return {factor: max(base, min(spread, gap / 2)) for factor, gap in zip(sorted(factors), nearest, strict=True)}


def fit_unit(
    log_price: float,
    log_volume: float | None,
    tolerances: Mapping[float, float],
    *,
    same: float,
    spread: float,
    mixed: float | None,
) -> UnitFit:
    """The decision table of unit confusion, on ln r and ln q (None: unknown); catalogue of checks, unit confusion.

    r at one factor or its inverse: r·q about 1 is unit (confirmed); else q about 1, or a factor that is a scale, is
    scale; anything else is unit, unconfirmed. At several: ambiguous. r about 1: volume with q about 60 (``mixed``),
    else same. No factor: mixture where r·q is about 1 and r lies between 1.5 and four fifths of ``mixed``, either
    way; else none. About is ``tolerances`` for r at a factor, ``same`` for r about 1, ``spread`` for q and r·q.

    >>> fit_unit(math.log(60), -math.log(60), {60.0: 0.22}, same=0.22, spread=0.35, mixed=60.0).kind
    'unit'
    """
    size = abs(log_price)
    distances = sorted((abs(size - math.log(factor)), factor) for factor in tolerances)
    candidates = tuple((k, distance) for distance, k in distances if distance <= tolerances[k] + _ROUNDING)
    amount_right = log_volume is not None and abs(log_price + log_volume) <= spread
    if len(candidates) > 1:
        return UnitFit("ambiguous", is_confirmed=amount_right, candidates=candidates)
    if candidates:
        factor = candidates[0][0]
        volume_right = log_volume is not None and abs(log_volume) <= spread
        is_scale = not amount_right and (volume_right or factor in SCALE_FACTORS)
        return UnitFit("scale" if is_scale else "unit", factor, amount_right, candidates)
    if size <= same + _ROUNDING:
        inflated = mixed is not None and log_volume is not None and abs(log_volume - math.log(mixed)) <= spread
        return UnitFit("volume" if inflated else "same", mixed or 1.0 if inflated else 1.0)
    ratio = math.exp(size)
    if amount_right and mixed is not None and MIXTURE_MINIMUM_RATIO < ratio < mixed / MIXTURE_MARGIN_FACTOR:
        return UnitFit("mixture", mixed, True, share=(ratio - 1) / (mixed - 1))
    return UnitFit("none")


@lru_cache(maxsize=8)
def _usual_tolerances(hour: float, same: float) -> Mapping[float, float]:
    """Of all factors there are, kept: a run judges a hundred thousand agreements with the same assumptions."""
    return factor_tolerances((hour, *OTHER_UNIT_FACTORS, *SCALE_FACTORS), same)


def judge_unit(price_ratio: float | None, volume_ratio: float | None, assumptions: Mapping[str, float]) -> UnitVerdict:
    """Verdict on one agreement from r = agreed ÷ declared price and q = agreed ÷ declared volume (None: unknown).

    r about 60: r·q about 1 is unit_error_confirmed; else q about 1 is scale_error (the amount is wrong); anything
    else is unit_error_unconfirmed. r about another factor, or 1 ÷ any factor: q about 1 is scale_error, as is a
    scale (100, 1000) without r·q about 1; the rest is other_unit. Two factors that fit: ambiguous. r about 1 with q
    about 60: volume_factor_60. No factor, r in 1.5–48 and r·q about 1: other_unit, a mixture. No r: no_reference.
    Otherwise ok.

    A price around 60 times the declared one is always divided by 60: the letter looks at the price alone, and a
    volume in minutes valued at the price of an hour has the same remedy. Around is within ``unit_factor_tolerance``
    for r (48–75 for 60) and within ``unit_volume_tolerance`` (log ratio) for q and r·q.

    >>> judge_unit(60.0, 1 / 60, {"unit_factor_hours_minutes": 60, "unit_factor_tolerance": 1.25,
    ...     "unit_volume_tolerance": 0.35}).status
    'unit_error_confirmed'
    """
    return _judge(price_ratio, volume_ratio, *(assumptions[name] for name in _JUDGED_BY))


@lru_cache(maxsize=1 << 16)
def _judge(
    price_ratio: float | None, volume_ratio: float | None, hour: float, tolerance: float, spread: float
) -> UnitVerdict:
    """Kept: every scenario of a run, with and without the claims of the year, asks about the same agreements."""
    if price_ratio is None or price_ratio <= 0:
        return UnitVerdict("no_reference", 1.0)
    same = math.log(tolerance)
    log_price = math.log(price_ratio)
    log_volume = math.log(volume_ratio) if volume_ratio is not None and volume_ratio > 0 else None
    tolerances = _usual_tolerances(hour, same)
    fit = fit_unit(log_price, log_volume, tolerances, same=same, spread=spread, mixed=hour)
    if fit.kind == "ambiguous":
        return UnitVerdict("ambiguous", 1.0, f"fits {fit.words}")
    if fit.kind in ("same", "volume"):
        return UnitVerdict("volume_factor_60" if fit.kind == "volume" else "ok", 1.0)
    if fit.kind == "mixture" and log_price > 0:
        words = f"mixture: {fit.share:.1%} of the declared volume in minutes would explain it"
        return UnitVerdict("other_unit", 1.0, words)
    if fit.kind not in ("unit", "scale"):
        return UnitVerdict("ok", 1.0, "fits no unit")
    if fit.factor == hour and log_price > 0:
        unit_status = "unit_error_confirmed" if fit.is_confirmed else "unit_error_unconfirmed"
        return UnitVerdict("scale_error" if fit.kind == "scale" else unit_status, hour)
    fits = f"fits {fit.factor:g}" if log_price > 0 else f"fits 1 ÷ {fit.factor:g}"
    return UnitVerdict("scale_error" if fit.kind == "scale" else "other_unit", 1.0, fits)


def correct_units(
    agreed: pl.DataFrame, declared: pl.DataFrame, year: int, assumptions: Mapping[str, float]
) -> pl.DataFrame:
    """Agreements with a verdict on their unit and, beside what was reported, the corrected volume and amount.

    In: ``agreed`` with prestatiecode, wlz_uitvoerder, agb_code (may be null), includes_nhc_nic ('ja'/'nee'), volume,
    amount_eur (Float64) in the unit of the prestatie, and paid_nhc_nic_eur_per_unit, what that ``year`` paid of NHC
    and NIC (null: unknown); ``declared``, the claims of the same year, with prestatiecode, wlz_uitvoerder, volume,
    amount_eur. Out: the same rows plus unit_status, unit_factor, unit_evidence, corrected_volume and
    corrected_amount_eur. Reported columns stay as they are: a correction never rewrites a delivery.

    The declared price is that of the same prestatie and uitvoerder, else the national median over uitvoerders: also
    where at least three have one and that of the uitvoerder lies more than ``price_outlier_factor`` from it, as it
    does when some of its claims are in the wrong unit themselves. Both
    sides are compared including NHC and NIC, or both without where the agreement leaves them out. Claims are known
    per uitvoerder, not per provider: a provider is held against the share of the declared volume that its share of
    the agreed amount stands for, so q tests whether the agreed amount of all of them is about the declared amount.
    With a wrong unit the volume is multiplied (the amount was right), with a scale error the amount is divided.
    """
    judged = _add_references(agreed, declared, assumptions["price_outlier_factor"])
    by = [assumptions[name] for name in _JUDGED_BY]
    verdicts = [_judge(*ratios, *by) for ratios in judged.select("price_ratio", "volume_ratio").iter_rows()]
    evidence = [
        _describe(row, verdict, year) for row, verdict in zip(judged.iter_rows(named=True), verdicts, strict=True)
    ]
    judged = judged.with_columns(
        pl.Series("unit_status", [verdict.status for verdict in verdicts], dtype=pl.String),
        pl.Series("unit_factor", [verdict.factor for verdict in verdicts], dtype=pl.Float64),
        pl.Series("unit_evidence", evidence, dtype=pl.String),
    )
    amount_wrong = pl.col("unit_status") == "scale_error"
    one = pl.lit(1.0)
    return judged.with_columns(
        (pl.col("volume") * pl.when(amount_wrong).then(one).otherwise("unit_factor")).alias("corrected_volume"),
        (pl.col("amount_eur") / pl.when(amount_wrong).then("unit_factor").otherwise(one)).alias("corrected_amount_eur"),
    ).drop("price_ratio", "volume_ratio", "is_national")


def _add_references(agreed: pl.DataFrame, declared: pl.DataFrame, outlier_factor: float) -> pl.DataFrame:
    own = (
        declared.filter((pl.col("volume") > 0) & (pl.col("amount_eur") > 0))
        .select(
            *SERIES_KEY, pl.col("volume").alias("own_volume"), (pl.col("amount_eur") / pl.col("volume")).alias("own")
        )
        .sort(SERIES_KEY)
    )
    national = own.group_by("prestatiecode").agg(
        pl.col("own").median().alias("national"), pl.len().alias("uitvoerders_count")
    )
    is_odd = (pl.col("own") / pl.col("national")).log().abs() > math.log(outlier_factor)
    is_odd = (is_odd & (pl.col("uitvoerders_count") >= MINIMUM_UITVOERDERS)).fill_null(False)
    known = pl.when(~is_odd).then("own")
    without = pl.when(pl.col("includes_nhc_nic") == "nee").then(pl.col("paid_nhc_nic_eur_per_unit").fill_null(0.0))
    reference = pl.coalesce(known, "national") - without.otherwise(0.0)
    price = pl.col("amount_eur") / pl.col("volume")
    is_priced = (pl.col("volume") > 0) & (pl.col("amount_eur") > 0)
    joined = (
        agreed.join(own, on=SERIES_KEY, how="left", maintain_order="left")
        .join(national, on="prestatiecode", how="left", maintain_order="left")
        .with_columns(
            known.is_null().alias("is_national"),
            pl.col("amount_eur").filter(is_priced).sum().over(SERIES_KEY).alias("total_eur"),
            pl.when(is_priced & (reference > 0)).then(price / reference).alias("price_ratio"),
        )
    )
    expected_volume = pl.col("own_volume") * pl.col("amount_eur") / pl.col("total_eur")
    has_ratio = pl.col("price_ratio").is_not_null()
    joined = joined.with_columns(pl.when(has_ratio).then(pl.col("volume") / expected_volume).alias("volume_ratio"))
    return joined.drop("own", "own_volume", "national", "uitvoerders_count", "total_eur")


def _describe(row: dict[str, float | None], verdict: UnitVerdict, year: int) -> str:
    price_ratio, volume_ratio = row["price_ratio"], row["volume_ratio"]
    if price_ratio is None:
        return f"no claims {year} to compare with"
    volume = "unknown" if volume_ratio is None else f"{_times(volume_ratio)} x"
    reference = f"national median of claims {year}" if row["is_national"] else f"claims {year}"
    text = f"price {_times(price_ratio)} x, volume {volume}, reference {reference}"
    return text if verdict.remark is None else f"{text}; {verdict.remark}"


def _times(ratio: float) -> str:
    return f"{ratio:.1f}" if ratio >= 1 else f"{ratio:.3f}"


def weighted_mean(amount: pl.Expr, volume: pl.Expr) -> pl.Expr:
    """Σ amount ÷ Σ volume of a group; null unless both are positive (a price needs both)."""
    return pl.when((volume.sum() > 0) & (amount.sum() > 0)).then(amount.sum() / volume.sum())


def summarise_units(corrected: pl.DataFrame) -> pl.DataFrame:
    """Corrected agreements → prestatie × uitvoerder: reported price, effective factor, gravest verdict, its evidence.

    reported_price_eur_per_unit is the weighted mean as reported; unit_factor is that price ÷ the corrected mean: 60
    when all agreements of the key were corrected, 1 when none was, between them when some were. Of several
    agreements the gravest verdict is shown, of equal ones that with the largest amount, with their number.
    """
    order = pl.col("unit_status").cast(pl.Enum(GRAVITY)).to_physical()
    ranked = corrected.with_columns(order.alias("gravity")).sort(
        [*SERIES_KEY, "gravity", "amount_eur", "agb_code"],
        descending=[False, False, False, True, False],
        nulls_last=True,
    )
    reported = weighted_mean(pl.col("amount_eur"), pl.col("volume"))
    price = weighted_mean(pl.col("corrected_amount_eur"), pl.col("corrected_volume"))
    same_factor = pl.col("unit_factor").n_unique() == 1
    several = pl.format(
        "{} of {} agreements: {}",
        (pl.col("unit_status") == pl.col("unit_status").first()).sum(),
        pl.len(),
        pl.col("unit_evidence").first(),
    )
    return ranked.group_by(SERIES_KEY, maintain_order=True).agg(
        reported.alias("reported_price_eur_per_unit"),
        pl.when(same_factor)
        .then(pl.col("unit_factor").first())
        .otherwise((reported / price).fill_null(1.0))
        .alias("unit_factor"),
        pl.col("unit_status").first(),
        pl.when(pl.len() == 1).then(pl.col("unit_evidence").first()).otherwise(several).alias("unit_evidence"),
    )
