-- Grain: advice × wlz_uitvoerder × part, all months; the realisation is of the latest delivery that knows the year.
with known_years as (
    select
        budget_year, wlz_uitvoerder, part,
        max(delivery_month) as realised_delivery_month,
        max_by(realised_eur, delivery_month) as realised_eur
    from lake.realisation
    where realised_eur is not null
    group by budget_year, wlz_uitvoerder, part
),
beside as (
    select
        vintages.*, known_years.realised_eur, known_years.realised_delivery_month,
        cast(vintages.expected_excl_extra_eur - known_years.realised_eur as decimal(18, 2)) as error_eur
    from lake.forecast_vintages as vintages
    left join known_years
        on known_years.budget_year = vintages.budget_year
        and known_years.wlz_uitvoerder = vintages.wlz_uitvoerder and known_years.part = vintages.part
),
final as (
    select
        delivery_month, budget_year, scenario, advice_id, advice_state, author, frozen_at, wlz_uitvoerder, part,
        expected_excl_extra_eur, expected_eur, budget_eur, available_eur,
        lower_80_eur, upper_80_eur, lower_95_eur, upper_95_eur, claims_delivery_id, code_version, inputs_hash,
        realised_eur, realised_delivery_month, error_eur,
        cast(error_eur as double) / nullif(cast(realised_eur as double), 0) as error_ratio
    from beside
)
select * from final
