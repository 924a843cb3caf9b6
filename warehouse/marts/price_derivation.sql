-- Grain: prestatie × wlz_uitvoerder. Letter, table 7 and figure 12: source a, b, c or d and every intermediate.
with final as (
    select
        delivery_month, budget_year, scenario, prestatiecode, wlz_uitvoerder, unit_code, price_source,
        reported_price_eur_per_unit, previous_price_eur_per_unit, previous_max_tariff_eur_per_unit, discount_ratio,
        max_tariff_eur_per_unit, nhc_eur_per_unit, nic_eur_per_unit, price_eur_per_unit, price_deviation_ratio,
        claims_volume, unit_factor, unit_status, unit_evidence, price_flags
    from lake.prices
)
select * from final
