-- Grain: wlz_uitvoerder, year after the budget year; Landelijk is the total. At this year's prices.
with final as (
    select
        delivery_month, budget_year, scenario, wlz_uitvoerder, expected_excl_extra_eur,
        lower_80_eur, upper_80_eur, lower_95_eur, upper_95_eur, this_year_excl_extra_eur, growth_ratio
    from lake.utilisation_outlook
)
select * from final
