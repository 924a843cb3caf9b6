-- Grain: wlz_uitvoerder × component, since the advice before it of the same budget year, all months.
with final as (
    select
        delivery_month, budget_year, scenario, from_delivery_month, from_scenario, wlz_uitvoerder, component,
        change_eur, available_before_eur, available_after_eur
    from lake.forecast_bridge
)
select * from final
