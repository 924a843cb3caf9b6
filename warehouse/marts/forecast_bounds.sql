-- Grain: part × level × period × month. All levels are sums of the same joint paths.
with final as (
    select
        delivery_month, budget_year, scenario, part, level, wlz_uitvoerder, zorgkantoorregio, prestatiegroep,
        prestatiecode, period, month, expected_volume, lower_80_volume, upper_80_volume, lower_95_volume,
        upper_95_volume, expected_eur, lower_80_eur, upper_80_eur, lower_95_eur, upper_95_eur, uncertainty
    from lake.forecast_bounds
)
select * from final
