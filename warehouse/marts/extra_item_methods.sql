-- Grain: wlz_uitvoerder × item × item_method × ratio_year; Landelijk is the total.
with final as (
    select
        delivery_month, budget_year, scenario,
        coalesce(wlz_uitvoerder, 'Landelijk') as wlz_uitvoerder,
        item, item_method, ratio_year,
        cast(sum(item_eur) as decimal(18, 2)) as item_eur,
        cast(sum(claims_forecast_eur) as decimal(18, 2)) as claims_forecast_eur
    from lake.extra_items
    group by grouping sets (
        (delivery_month, budget_year, scenario, wlz_uitvoerder, item, item_method, ratio_year),
        (delivery_month, budget_year, scenario, item, item_method, ratio_year)
    )
)
select * from final
