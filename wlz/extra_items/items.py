"""The three items of the letter (A.1.2 and A.2.2), each by its method.

Here: crisis beds (empty beds are paid but not claimed), meerzorg (settled higher than claimed) and na-ijl (claims
still to come). Not here: which items a year has (`known/declared_items.py`), amounts that are set (`fixed.py`), what
earlier years say of settled and claimed (`carried.py`), the forecast and its prices (`volumes/`, `prices/`), and late
months, which the stage lag completes.
"""

from decimal import Decimal

import polars as pl

from wlz.extra_items.carried import join_carried, join_sources, list_factors, value_units
from wlz.known.rounds import LAG_REFERENCE_YEARS_BACK
from wlz.prices.prices import join_flags, to_cents
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
    "item_method": pl.String(),
    "ratio_year": pl.Int32(),
    "settled_factor": pl.Float64(),
    "item_common_deviation_eur": pl.Float64(),
    "item_own_deviation_eur": pl.Float64(),
    "pay_pattern": pl.String(),
    "flag": pl.String(),
}
GROWN, CARRIED, LEFT_OUT = "grown", "carried_forward", "left_out"  # how an item came about, item_method
NONE_SETTLED, FROM_CLAIMS, NO_DATA = "none_settled", "from_claims", "no_data"
OF_LAST_YEAR = "claims_of_last_year"  # flag: the forecast has nothing of the item, its codes ended
DELIVERED, DERIVED, OLDER, IN_MONTHS = "delivered", "derived", "older_delivered", "lag_in_months"


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
    (flag national_price); without any the item is 0 (no_price). Negative items stay. Of an uitvoerder of which nothing
    is settled or agreed one year back the last known settled ÷ claimed is carried forward: × the revenue the forecast
    has of the code, minus that revenue. Without that too the item is empty and left out: claims show no empty bed.
    """
    codes = prestaties.filter("is_crisis")
    rows = _uitvoerders(revenue, budget_year).join(codes.select("prestatiecode"), how="cross")
    volumes = [normalise_units(_of_codes(frame, codes), codes) for frame in (settlements, agreements)]
    left_out = pl.concat([left.select(SERIES_BY_UITVOERDER) for _, left in volumes]).unique()
    sources = [(settlements, volumes[0][0]), (agreements, volumes[1][0])]
    beside = (
        _bases(sources, rows.select(SERIES_BY_UITVOERDER), "volume", budget_year),
        _crisis_prices(rows, claims, prices, budget_year),
        _forecast_of_codes(revenue, codes, SERIES_BY_UITVOERDER, budget_year),
        left_out.with_columns(left_out=True),
    )
    for right in beside:
        rows = rows.join(right, on=SERIES_BY_UITVOERDER, how="left")
    valued = _expect_claims(_grow(rows), _of_codes(claims, codes), SERIES_BY_UITVOERDER, budget_year)
    forecast, expected = pl.col("claims_forecast_eur"), pl.col("expected_claims_eur")
    full = to_cents(pl.col("expected_base") * pl.col("item_price_eur_per_unit"))
    either, of_claims = join_sources(*(frame for frame, _ in volumes)), _of_codes(claims, codes)
    factors = list_factors(value_units(either, of_claims), of_claims, budget_year)
    carried = join_carried(valued, either, factors, [settlements, agreements], budget_year)
    grown = pl.when(full.is_not_null() & ~_no_source()).then(full - forecast).otherwise(pl.lit(0).cast(MONEY))
    carried_eur = to_cents(pl.col("settled_factor") * expected.cast(pl.Float64) - forecast.cast(pl.Float64))
    valued = _settle(carried, grown=grown, carried=carried_eur, unknown=LEFT_OUT)
    has_source = ~_no_source()
    no_price = pl.col("item_price_eur_per_unit").is_null() & (pl.col("expected_base") != 0)
    flags = {
        **_flags_of_growth(),
        "national_price": has_source & pl.col("is_national_price"),
        "no_price": has_source & no_price,
        "unit_not_convertible": pl.col("left_out").fill_null(False),
    }
    return _finish(valued, "crisisbedden", flags)


def meerzorg(
    settlements: pl.DataFrame,
    agreements: pl.DataFrame,
    claims: pl.DataFrame,
    revenue: pl.DataFrame,
    prestaties: pl.DataFrame,
    budget_year: int,
) -> pl.DataFrame:
    """Meerzorg in euro: one row per uitvoerder, no prestatiecode.

    Euro settled three and two years back and settled, or else agreed, one year back grow by the mean of their two
    ratios; the whole amount is the item, because meerzorg is not in the base forecast (letter, A.1.2). The
    projection from claims stands beside it. Of an uitvoerder of which nothing is settled or agreed one year back the
    last known settled ÷ claimed is carried forward: × that projection (of last year's claims where it has nothing of
    the item because every code ended, flag claims_of_last_year). Without that too the projection is the item
    (from_claims: too low, since more is settled than claimed), or 0 when there is none either (no_data).
    """
    codes = prestaties.filter("is_meerzorg")
    who = ["wlz_uitvoerder"]
    rows = _uitvoerders(revenue, budget_year)
    sources = [(frame, _of_codes(frame, codes)) for frame in (settlements, agreements)]
    bases = _bases(sources, rows, "amount_eur", budget_year)
    grown = _grow(rows.join(bases, on=who, how="left")).join(
        _forecast_of_codes(revenue, codes, who, budget_year), on=who, how="left"
    )
    expected = _expect_claims(grown, _of_codes(claims, codes), who, budget_year)
    expected_claims = pl.col("expected_claims_eur")
    either = join_sources(*(of_codes for _, of_codes in sources))
    settled_eur = pl.col("amount_eur").sum().cast(pl.Float64).alias("settled_eur")
    factors = list_factors(either.group_by(*who, "year").agg(settled_eur), _of_codes(claims, codes), budget_year)
    carried = join_carried(expected, either, factors, [settlements, agreements], budget_year)
    valued = _settle(
        carried,
        grown=pl.when(_no_source()).then(expected_claims).otherwise(to_cents(pl.col("expected_base"))),
        carried=to_cents(pl.col("settled_factor") * expected_claims.cast(pl.Float64)),
        unknown=FROM_CLAIMS,
    )
    return _finish(valued, "meerzorg", _flags_of_growth())


def _settle(rows: pl.DataFrame, *, grown: pl.Expr, carried: pl.Expr, unknown: str) -> pl.DataFrame:
    """Rows with item_eur, item_method and how a carried item scatters: as the settled amount it follows from does.

    `grown` where the year before is known, and where none was ever settled; `carried` where there is a factor and
    claims; else `unknown`: left out, or the claims. Without claims and without anything settled the item is 0.
    """
    expected, year_before = pl.col("expected_claims_eur"), pl.col(_BASES[-1])
    claims_eur = expected.sum().over("wlz_uitvoerder")
    is_settled = year_before.is_null() & pl.col("has_settled") & (claims_eur == 0)
    method = (
        pl.when(year_before.is_not_null() & ~_no_source())
        .then(pl.lit(GROWN))
        .when(year_before.is_not_null() | pl.col("none_settled"))
        .then(pl.lit(NONE_SETTLED))
        .when(is_settled)
        .then(pl.lit(LEFT_OUT))
        .when(claims_eur == 0)
        .then(pl.lit(NO_DATA))
        .when(pl.col("settled_factor").is_not_null())
        .then(pl.lit(CARRIED))
        .otherwise(pl.lit(unknown))
    )
    item = pl.when(method == CARRIED).then(carried).when(method == LEFT_OUT).then(None).otherwise(grown)
    settled_eur = pl.col("settled_factor") * expected.cast(pl.Float64)
    deviations = {
        f"item_{part}_deviation_eur": pl.col(f"{part}_deviation_ratio") * settled_eur.abs()
        for part in ("common", "own")
    }
    names = ("ratio_year", "settled_factor", *deviations)
    settled = rows.with_columns(method.alias("item_method"), item.cast(MONEY).alias("item_eur"), **deviations)
    return settled.with_columns(
        pl.when(pl.col("item_method") == CARRIED).then(pl.col(name)).alias(name) for name in names
    )


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
    two before the budget year is looked at; ``derived`` has wlz_uitvoerder, derived_lag_ratio. The share delivered of
    the year two before counts, else the derived one (flag derived), else one delivered of an older year
    (older_reference_year); without any the item is empty (no_lag_ratio). The share may be negative: late corrections
    take back (letter, A.2.2).
    """
    reference_year = budget_year - LAG_REFERENCE_YEARS_BACK
    known = (
        delivered.filter(pl.col("reference_year") <= reference_year)
        .sort("wlz_uitvoerder", "reference_year")
        .unique("wlz_uitvoerder", keep="last", maintain_order=True)
        .select(
            "wlz_uitvoerder",
            (pl.col("lag_percentage") / 100).alias("delivered_lag_ratio"),
            pl.col("reference_year").cast(pl.Int32).alias("ratio_year"),
            (pl.col("reference_year") < reference_year).alias("is_older"),
        )
    )
    in_base = _of_year(revenue, budget_year).filter("in_base").group_by("wlz_uitvoerder")
    expected = in_base.agg(pl.col("forecast_amount_eur").sum().cast(pl.Float64).alias("expected_base"))
    rows = _uitvoerders(revenue, budget_year)
    for right in (expected, known, derived.select("wlz_uitvoerder", "derived_lag_ratio")):
        rows = rows.join(right, on="wlz_uitvoerder", how="left")
    rows = _choose_lag_ratio(rows.with_columns(pl.col("expected_base").fill_null(0.0)), reference_year)
    amount = pl.lit(Decimal(0)) if lag_in_months else to_cents(pl.col("ratio") * pl.col("expected_base"))
    source = pl.col("source")
    rows = rows.with_columns(
        amount.cast(MONEY).alias("item_eur"),
        (pl.lit(IN_MONTHS) if lag_in_months else source).alias("item_method"),
        *([pl.lit(None).alias("ratio_year")] if lag_in_months else []),
    )
    flags = {
        DERIVED: source == DERIVED,
        IN_MONTHS: pl.lit(lag_in_months),
        "negative": pl.col("item_eur") < 0,
        "no_lag_ratio": source == LEFT_OUT,
        "older_reference_year": source == OLDER,
    }
    return _finish(rows, "na_ijl", flags)


def _choose_lag_ratio(rows: pl.DataFrame, reference_year: int) -> pl.DataFrame:
    """Rows with the `ratio` that counts, its `source` and `ratio_year`: the right year goes before an older one."""
    of_year = pl.when(~pl.col("is_older")).then("delivered_lag_ratio")
    derived, delivered = pl.col("derived_lag_ratio"), pl.col("delivered_lag_ratio")
    source = (
        pl.when(of_year.is_not_null())
        .then(pl.lit(DELIVERED))
        .when(derived.is_not_null())
        .then(pl.lit(DERIVED))
        .when(delivered.is_not_null())
        .then(pl.lit(OLDER))
        .otherwise(pl.lit(LEFT_OUT))
    )
    year = pl.when(source == DERIVED).then(reference_year).otherwise("ratio_year")
    return rows.with_columns(
        pl.coalesce(of_year, derived, delivered).alias("ratio"),
        source.alias("source"),
        year.cast(pl.Int32).alias("ratio_year"),
    )


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


def _expect_claims(rows: pl.DataFrame, claims: pl.DataFrame, who: list[str], budget_year: int) -> pl.DataFrame:
    """Rows with the claims an item stands on, `expected_claims_eur`, and whether they are those of last year.

    They are the forecast of its codes. Where that has nothing at all of an uitvoerder, while it claimed them last
    year, every code ended and the forecast knows of no other yet: then those of last year. Care does not end with a
    code; silence of a forecast is not nothing.
    """
    last_year = claims.filter(pl.col("year") == budget_year - 1).group_by(who)
    known = last_year.agg(pl.col("amount_eur").sum().cast(MONEY).alias("last_year_eur"))
    forecast = pl.col("claims_forecast_eur").fill_null(0).cast(MONEY)
    joined = rows.join(known, on=who, how="left", maintain_order="left").with_columns(
        forecast.alias("claims_forecast_eur"), pl.col("last_year_eur").fill_null(0).cast(MONEY)
    )
    now, then = (pl.col(name).sum().over("wlz_uitvoerder") for name in ("claims_forecast_eur", "last_year_eur"))
    is_silent = (now == 0) & (then > 0)
    return joined.with_columns(
        pl.when(is_silent).then("last_year_eur").otherwise(forecast).alias("expected_claims_eur"),
        is_silent.alias("is_of_last_year"),
    )


def _bases(
    sources: list[tuple[pl.DataFrame, pl.DataFrame]], keys: pl.DataFrame, value: str, budget_year: int
) -> pl.DataFrame:
    """Settled value per key three, two and one year back; one year back the agreement where nothing was settled.

    Nothing is settled of an uitvoerder without a row of these codes that year, where its agreement has them.

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
            has_settled = settled[1].filter(pl.col("year") == year)["wlz_uitvoerder"].implode()
            is_open = ~pl.col("wlz_uitvoerder").is_in(has_settled) & (pl.col("agreed") > 0).any().over("wlz_uitvoerder")
            told = pl.when(is_open).then("agreed").otherwise(pl.coalesce(value, "agreed"))
            of_settled = of_settled.join(of_agreed, on=who, how="left").select(*who, told.alias(value))
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
    has_claims, method = pl.col("expected_claims_eur") != 0, pl.col("item_method")
    on_claims = _no_source() & method.is_in([NONE_SETTLED, FROM_CLAIMS, NO_DATA])
    return {
        CARRIED: method == CARRIED,
        OF_LAST_YEAR: pl.col("is_of_last_year") & method.is_in([CARRIED, FROM_CLAIMS, NONE_SETTLED]),
        FROM_CLAIMS: on_claims & has_claims,
        LEFT_OUT: method == LEFT_OUT,
        "national_ratio": (method == CARRIED) & pl.col("is_national"),
        "negative": pl.col("item_eur") < 0,
        NO_DATA: on_claims & ~has_claims,
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
    return shape_items(valued.with_columns(pl.lit(item).alias("item"), join_flags(flags).alias("flag")))


def shape_items(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows in the columns of EXTRA_ITEM_SCHEMA; what they do not have is empty."""
    missing = [
        pl.lit(None, dtype=dtype).alias(name) for name, dtype in EXTRA_ITEM_SCHEMA.items() if name not in rows.columns
    ]
    shaped = rows.with_columns(missing) if rows.width else pl.DataFrame(schema=EXTRA_ITEM_SCHEMA)
    return shaped.select(EXTRA_ITEM_SCHEMA.keys()).cast(EXTRA_ITEM_SCHEMA)  # type: ignore[arg-type]
