"""Extra items: what is paid for the year but does not show in the forecast of claims. Letter, A.1.2 and A.2.2.

Here: crisis beds (empty beds are paid but not claimed), meerzorg (settled higher than claimed) and na-ijl (claims
still to come). Not here: the forecast itself and its prices (`volumes/`, `prices/`), and late months, which
`lag.py` completes.
"""

import polars as pl

from wlz.known.knowledge import Known
from wlz.known.rounds import LAG_REFERENCE_YEARS_BACK
from wlz.known.stages import Computed, Tables, of_scenario, per_scenario
from wlz.prices.prices import join_flags, to_cents
from wlz.series import claims_by_year, place_by_year, sum_years
from wlz.words.units import normalise_units
from wlz.words.vocabulary import MONEY, SERIES_BY_UITVOERDER

SETTLED_YEARS_BACK = (3, 2, 1)  # years before the budget year: two growth ratios
_BASES = ["base_3_years_back", "base_2_years_back", "base_1_year_back"]
EXTRA_ITEM_SCHEMA: dict[str, pl.DataType] = {
    "wlz_uitvoerder": pl.String(),
    "item": pl.String(),
    "prestatiecode": pl.String(),
    "base_3_years_back": pl.Float64(),
    "base_2_years_back": pl.Float64(),
    "base_1_year_back": pl.Float64(),
    "growth_factor": pl.Float64(),
    "expected_base": pl.Float64(),
    "item_price_eur_per_unit": pl.Float64(),
    "claims_forecast_eur": MONEY,
    "delivered_lag_ratio": pl.Float64(),
    "derived_lag_ratio": pl.Float64(),
    "item_eur": MONEY,
    "flag": pl.String(),
}


def build_extra_items(
    *,
    settlements: pl.DataFrame,
    agreements: pl.DataFrame,
    prices: pl.DataFrame,
    claims: pl.DataFrame,
    revenue: pl.DataFrame,
    prestaties: pl.DataFrame,
    delivered: pl.DataFrame,
    derived: pl.DataFrame,
    budget_year: int,
    lag_in_months: bool,
) -> pl.DataFrame:
    """The three items of every uitvoerder in ``revenue``, sorted: crisis beds per code, the others in one row.

    ``lag_in_months`` says that the months were completed for lag already; na-ijl then counts for nothing, flagged.
    """
    items = [
        crisis_beds(settlements, agreements, prices, claims, revenue, prestaties, budget_year),
        meerzorg(settlements, agreements, revenue, prestaties, budget_year),
        na_ijl(revenue, delivered, derived, budget_year, lag_in_months=lag_in_months),
    ]
    return pl.concat(items).sort("wlz_uitvoerder", "item", "prestatiecode", nulls_last=True)


def crisis_beds(
    settlements: pl.DataFrame,
    agreements: pl.DataFrame,
    prices: pl.DataFrame,
    claims: pl.DataFrame,
    revenue: pl.DataFrame,
    prestaties: pl.DataFrame,
    budget_year: int,
) -> pl.DataFrame:
    """Crisis beds paid but not claimed: one row per uitvoerder × crisis code.

    Units settled three and two years back and settled, or else agreed, one year back grow by the mean of their two
    ratios; times the mean claims price of the budget year, minus what the forecast already has of the code (letter,
    A.2.2). Price: claims of the uitvoerder, else the price rule, else the national mean of the claims
    (flag national_price); without any the item is 0 (no_price). Nothing settled or agreed one year back: 0, since
    claims alone show no empty bed (from_claims; no_data when there are no claims either). Negative items stay.
    """
    codes = prestaties.filter("is_crisis")
    rows = _uitvoerders(revenue, budget_year).join(codes.select("prestatiecode"), how="cross")
    settled = _of_codes(settlements, codes)
    agreed = _of_codes(agreements, codes)
    volumes = [normalise_units(frame, codes) for frame in (settled, agreed)]
    left_out = pl.concat([left.select(SERIES_BY_UITVOERDER) for _, left in volumes]).unique()
    bases = _bases(
        [(settlements, volumes[0][0]), (agreements, volumes[1][0])],
        rows.select(SERIES_BY_UITVOERDER),
        "volume",
        budget_year,
    )
    expected = _grow(rows.join(bases, on=SERIES_BY_UITVOERDER, how="left"))
    valued = (
        expected.join(_crisis_prices(rows, claims, prices, budget_year), on=SERIES_BY_UITVOERDER, how="left")
        .join(
            _forecast_of_codes(revenue, codes, SERIES_BY_UITVOERDER, budget_year), on=SERIES_BY_UITVOERDER, how="left"
        )
        .join(left_out.with_columns(left_out=True), on=SERIES_BY_UITVOERDER, how="left")
    )
    forecast = pl.col("claims_forecast_eur").fill_null(0).cast(MONEY)
    full = to_cents(pl.col("expected_base") * pl.col("item_price_eur_per_unit"))
    item = pl.when(full.is_not_null() & ~_no_source()).then(full - forecast).otherwise(pl.lit(0).cast(MONEY))
    valued = valued.with_columns(forecast.alias("claims_forecast_eur")).with_columns(item.cast(MONEY).alias("item_eur"))
    has_source = ~_no_source()
    no_price = has_source & pl.col("item_price_eur_per_unit").is_null() & (pl.col("expected_base") != 0)
    flags = {
        **_flags_of_growth(),
        "national_price": has_source & pl.col("is_national_price"),
        "no_price": no_price,
        "unit_not_convertible": pl.col("left_out").fill_null(False),
    }
    return _finish(valued, "crisisbedden", flags)


def meerzorg(
    settlements: pl.DataFrame,
    agreements: pl.DataFrame,
    revenue: pl.DataFrame,
    prestaties: pl.DataFrame,
    budget_year: int,
) -> pl.DataFrame:
    """Meerzorg in euro: one row per uitvoerder, no prestatiecode.

    Euro settled three and two years back and settled, or else agreed, one year back grow by the mean of their two
    ratios; the whole amount is the item, because meerzorg is not in the base forecast (letter, A.1.2). The
    projection from claims stands beside it. Nothing settled or agreed one year back: that projection is the item
    (from_claims), or 0 when there is none either (no_data).
    """
    codes = prestaties.filter("is_meerzorg")
    who = ["wlz_uitvoerder"]
    rows = _uitvoerders(revenue, budget_year)
    sources = [(frame, _of_codes(frame, codes)) for frame in (settlements, agreements)]
    bases = _bases(sources, rows, "amount_eur", budget_year)
    expected = _grow(rows.join(bases, on=who, how="left")).join(
        _forecast_of_codes(revenue, codes, who, budget_year), on=who, how="left"
    )
    forecast = pl.col("claims_forecast_eur").fill_null(0).cast(MONEY)
    item = pl.when(_no_source()).then(forecast).otherwise(to_cents(pl.col("expected_base")))
    valued = expected.with_columns(forecast.alias("claims_forecast_eur"), item.cast(MONEY).alias("item_eur"))
    return _finish(valued, "meerzorg", _flags_of_growth())


def na_ijl(
    revenue: pl.DataFrame,
    delivered: pl.DataFrame,
    derived: pl.DataFrame,
    budget_year: int,
    *,
    lag_in_months: bool = False,
) -> pl.DataFrame:
    """Claims still to come: one row per uitvoerder, share of late claims × expected revenue excl. extra items.

    ``delivered`` has reference_year, wlz_uitvoerder, lag_percentage (0.10 is 0.10 %), of which the latest year up to
    two before the budget year counts; ``derived`` has wlz_uitvoerder, derived_lag_ratio. The delivered share goes
    before the derived one (flag derived); without either the item is 0 (no_lag_ratio). A year older than two before
    is flagged older_reference_year. The share may be negative: late corrections take back (letter, A.2.2).
    """
    reference_year = budget_year - LAG_REFERENCE_YEARS_BACK
    known = (
        delivered.filter(pl.col("reference_year") <= reference_year)
        .sort("wlz_uitvoerder", "reference_year")
        .unique("wlz_uitvoerder", keep="last", maintain_order=True)
        .select(
            "wlz_uitvoerder",
            (pl.col("lag_percentage") / 100).alias("delivered_lag_ratio"),
            (pl.col("reference_year") < reference_year).alias("is_older"),
        )
    )
    in_base = _of_year(revenue, budget_year).filter("in_base").group_by("wlz_uitvoerder")
    expected = in_base.agg(pl.col("forecast_amount_eur").sum().cast(pl.Float64).alias("expected_base"))
    rows = _uitvoerders(revenue, budget_year)
    for right in (expected, known, derived.select("wlz_uitvoerder", "derived_lag_ratio")):
        rows = rows.join(right, on="wlz_uitvoerder", how="left")
    ratio = pl.coalesce("delivered_lag_ratio", "derived_lag_ratio")
    counted = pl.lit(0.0) if lag_in_months else ratio.fill_null(0.0)
    rows = rows.with_columns(pl.col("expected_base").fill_null(0.0))
    rows = rows.with_columns(to_cents(counted * pl.col("expected_base")).alias("item_eur"))
    flags = {
        "derived": pl.col("delivered_lag_ratio").is_null() & pl.col("derived_lag_ratio").is_not_null(),
        "lag_in_months": pl.lit(lag_in_months),
        "negative": pl.col("item_eur") < 0,
        "no_lag_ratio": ratio.is_null(),
        "older_reference_year": pl.col("is_older").fill_null(False),
    }
    return _finish(rows, "na_ijl", flags)


def derive_lag_ratio(claims_now: pl.DataFrame, claims_year_ago: pl.DataFrame, reference_year: int) -> pl.DataFrame:
    """Share of late claims per uitvoerder: revenue of the reference year known now ÷ known a year earlier − 1.

    Both frames have wlz_uitvoerder, year and amount_eur as known at deliveries one year apart, at any finer grain.
    ``derived_lag_ratio`` is null when the earlier delivery had nothing of the uitvoerder. In May 2018 this is 2016 as
    known in May 2018 against May 2017: 100.10 and 100.00 mln give 0.001.
    """

    def total(claims: pl.DataFrame, name: str) -> pl.DataFrame:
        summed = claims.filter(pl.col("year") == reference_year).group_by("wlz_uitvoerder")
        return summed.agg(pl.col("amount_eur").sum().cast(pl.Float64).alias(name))

    joined = total(claims_now, "now").join(total(claims_year_ago, "year_ago"), on="wlz_uitvoerder", how="left")
    ratio = pl.when(pl.col("year_ago") > 0).then(pl.col("now") / pl.col("year_ago") - 1)
    return joined.select("wlz_uitvoerder", ratio.alias("derived_lag_ratio")).sort("wlz_uitvoerder")


def _of_year(revenue: pl.DataFrame, budget_year: int) -> pl.DataFrame:
    return revenue.filter(pl.col("care_month").dt.year() == budget_year)


def _uitvoerders(revenue: pl.DataFrame, budget_year: int) -> pl.DataFrame:
    return _of_year(revenue, budget_year).select("wlz_uitvoerder").unique().sort("wlz_uitvoerder")


def _of_codes(frame: pl.DataFrame, codes: pl.DataFrame) -> pl.DataFrame:
    return frame.join(codes.select("prestatiecode"), on="prestatiecode", how="semi")


def _forecast_of_codes(revenue: pl.DataFrame, codes: pl.DataFrame, who: list[str], budget_year: int) -> pl.DataFrame:
    of_codes = _of_codes(_of_year(revenue, budget_year), codes)
    return of_codes.group_by(who).agg(pl.col("forecast_amount_eur").sum().cast(MONEY).alias("claims_forecast_eur"))


def _bases(
    sources: list[tuple[pl.DataFrame, pl.DataFrame]], keys: pl.DataFrame, value: str, budget_year: int
) -> pl.DataFrame:
    """Settled value per key three, two and one year back; one year back the agreement where nothing was settled.

    ``sources`` are settlements and agreements, each as delivered (to see who delivered a year) and cut to the codes.
    Null: the uitvoerder delivered nothing of that year. 0: it did, but not of this key.
    """
    settled, agreed = sources
    who = keys.columns
    bases = keys
    for years_back, name in zip(SETTLED_YEARS_BACK, _BASES, strict=True):
        year = budget_year - years_back
        of_settled = _value_of_year(*settled, keys, value, year)
        if years_back == 1:
            of_agreed = _value_of_year(*agreed, keys, value, year).rename({value: "agreed"})
            of_settled = of_settled.join(of_agreed, on=who, how="left").select(
                *who, pl.coalesce(value, "agreed").alias(value)
            )
        bases = bases.join(of_settled.rename({value: name}), on=who, how="left")
    return bases


def _value_of_year(
    delivered: pl.DataFrame, of_codes: pl.DataFrame, keys: pl.DataFrame, value: str, year: int
) -> pl.DataFrame:
    present = delivered.filter(pl.col("year") == year).select("wlz_uitvoerder", is_present=True).unique()
    of_year = of_codes.filter(pl.col("year") == year).sort(*keys.columns, value)
    summed = of_year.group_by(keys.columns, maintain_order=True).agg(pl.col(value).sum().cast(pl.Float64))
    found = keys.join(present, on="wlz_uitvoerder", how="left").join(summed, on=keys.columns, how="left")
    return found.select(*keys.columns, pl.when("is_present").then(pl.col(value).fill_null(0.0)).alias(value))


def _grow(bases: pl.DataFrame) -> pl.DataFrame:
    """Adds growth_factor, the mean of the ratios with a positive base (1 without any), and expected_base."""
    three, two, one = (pl.col(name) for name in _BASES)
    ratios = [pl.when(three > 0).then(two / three), pl.when(two > 0).then(one / two)]
    grown = bases.with_columns(pl.mean_horizontal(ratios).alias("mean_ratio"))
    known = ~_no_source()
    return grown.with_columns(
        pl.when(known).then(pl.col("mean_ratio").fill_null(1.0)).alias("growth_factor"),
        pl.when(known).then(one * pl.col("mean_ratio").fill_null(1.0)).alias("expected_base"),
    )


def _no_source() -> pl.Expr:
    """Nothing settled or agreed one year back, or nothing of this key in any of the three years."""
    nothing = pl.all_horizontal([pl.col(name).fill_null(0.0) == 0 for name in _BASES])
    return pl.col(_BASES[-1]).is_null() | nothing


def _flags_of_growth() -> dict[str, pl.Expr]:
    has_claims = pl.col("claims_forecast_eur") != 0
    return {
        "from_claims": _no_source() & has_claims,
        "negative": pl.col("item_eur") < 0,
        "no_data": _no_source() & ~has_claims,
        "no_growth": ~_no_source() & pl.col("mean_ratio").is_null(),
    }


def _crisis_prices(rows: pl.DataFrame, claims: pl.DataFrame, prices: pl.DataFrame, budget_year: int) -> pl.DataFrame:
    of_year = claims.filter(pl.col("year") == budget_year).sort(*SERIES_BY_UITVOERDER, "volume", "amount_eur")
    volume, amount = pl.col("volume").sum(), pl.col("amount_eur").sum().cast(pl.Float64)
    mean = pl.when((volume > 0) & (amount > 0)).then(amount / volume)
    own = of_year.group_by(SERIES_BY_UITVOERDER, maintain_order=True).agg(mean.alias("own"))
    national = of_year.group_by("prestatiecode", maintain_order=True).agg(mean.alias("national"))
    rule = prices.select(*SERIES_BY_UITVOERDER, pl.col("price_eur_per_unit").alias("rule"))
    joined = rows.join(own, on=SERIES_BY_UITVOERDER, how="left").join(rule, on=SERIES_BY_UITVOERDER, how="left")
    return joined.join(national, on="prestatiecode", how="left").select(
        *SERIES_BY_UITVOERDER,
        pl.coalesce("own", "rule", "national").alias("item_price_eur_per_unit"),
        (pl.coalesce("own", "rule").is_null() & pl.col("national").is_not_null()).alias("is_national_price"),
    )


def _finish(valued: pl.DataFrame, item: str, flags: dict[str, pl.Expr]) -> pl.DataFrame:
    named = valued.with_columns(pl.lit(item).alias("item"), join_flags(flags).alias("flag"))
    missing = [
        pl.lit(None, dtype=dtype).alias(name) for name, dtype in EXTRA_ITEM_SCHEMA.items() if name not in named.columns
    ]
    return named.with_columns(missing).select(EXTRA_ITEM_SCHEMA.keys()).cast(EXTRA_ITEM_SCHEMA)  # type: ignore[arg-type]


def run_extra_items(known: Known, tables: Tables) -> Computed:
    """The row `extra_items`: crisis beds, meerzorg and na-ijl per uitvoerder, with their intermediates."""
    crosswalk, regions = known.reference.crosswalk, known.reference.regions
    now, reference_year = claims_by_year(tables["series_region"]), known.budget_year - LAG_REFERENCE_YEARS_BACK
    earlier = known.year_ago()
    derived = (
        derive_lag_ratio(now.clear(), now.clear(), reference_year)
        if earlier.is_empty()
        else derive_lag_ratio(now, sum_years(earlier), reference_year)
    )
    items = per_scenario(
        known.scenario_names,
        lambda name: build_extra_items(
            settlements=place_by_year(known.read("nacalculatie"), crosswalk, regions),
            agreements=place_by_year(known.read("herschikking"), crosswalk, regions),
            prices=of_scenario(tables["prices"], name),
            claims=now,
            revenue=of_scenario(tables["revenue"], name),
            prestaties=known.reference.prestaties,
            delivered=known.read("na_ijl"),
            derived=derived,
            budget_year=known.budget_year,
            lag_in_months=known.completes_lag(name),
        ),
    )
    return Computed({"extra_items": items})
