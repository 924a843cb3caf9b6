-- Grain: zorgkantoorregio × month. Letter, figure 13.
with final as (
    select
        delivery_month, budget_year, scenario, zorgkantoorregio, wlz_uitvoerder, month, granted_stand_eur, forecast_stand_eur,
        lower_80_eur, upper_80_eur, lower_95_eur, upper_95_eur, model
    from lake.pgb
)
select * from final
