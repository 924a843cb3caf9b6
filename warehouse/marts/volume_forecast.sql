-- Grain: prestatie × wlz_uitvoerder × care month. Letter, figures 10 and 11.
with final as (
    select
        delivery_month, budget_year, scenario, prestatiecode, wlz_uitvoerder, care_month, observed_volume, forecast_volume,
        lower_80_volume, upper_80_volume, lower_95_volume, upper_95_volume, engine, model, flag
    from lake.volumes
)
select * from final
