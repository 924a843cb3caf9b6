-- Grain: prestatie × wlz_uitvoerder × care month. Letter, figures 10 and 11.
with month_bounds as (
    select
        scenario, prestatiecode, wlz_uitvoerder, month,
        lower_80_volume, upper_80_volume, lower_95_volume, upper_95_volume
    from lake.forecast_bounds
    where level = 'series' and period = 'month'
),
final as (
    select
        volumes.delivery_month, volumes.budget_year, volumes.scenario, volumes.prestatiecode, volumes.wlz_uitvoerder,
        volumes.care_month, volumes.observed_volume, volumes.completed_volume, volumes.forecast_volume,
        month_bounds.lower_80_volume, month_bounds.upper_80_volume,
        month_bounds.lower_95_volume, month_bounds.upper_95_volume,
        volumes.engine, volumes.model, volumes.flag, volumes.forecast_reason,
        codes.in_base
    from lake.volumes as volumes
    left join month_bounds
        on month_bounds.scenario = volumes.scenario and month_bounds.prestatiecode = volumes.prestatiecode
        and month_bounds.wlz_uitvoerder = volumes.wlz_uitvoerder and month_bounds.month = volumes.care_month
    left join lake.code_list as codes on codes.prestatiecode = volumes.prestatiecode
)
select * from final
