-- Grain: level × wlz_uitvoerder × zorgkantoorregio × part. Expectation and kader, with the bounds of the year.
with year_bounds as (
    select
        scenario, part, level, wlz_uitvoerder, zorgkantoorregio, lower_80_eur, upper_80_eur, lower_95_eur, upper_95_eur,
        available_lower_80_eur, available_upper_80_eur, available_lower_95_eur, available_upper_95_eur
    from lake.forecast_bounds
    where period = 'year' and level in ('region', 'uitvoerder', 'national')
),
final as (
    select
        utilisation.*,
        year_bounds.lower_80_eur, year_bounds.upper_80_eur, year_bounds.lower_95_eur, year_bounds.upper_95_eur,
        year_bounds.available_lower_80_eur, year_bounds.available_upper_80_eur,
        year_bounds.available_lower_95_eur, year_bounds.available_upper_95_eur
    from lake.utilisation as utilisation
    left join year_bounds
        on year_bounds.scenario = utilisation.scenario and year_bounds.part = utilisation.part
        and year_bounds.level = utilisation.level and year_bounds.wlz_uitvoerder = utilisation.wlz_uitvoerder
        and year_bounds.zorgkantoorregio = utilisation.zorgkantoorregio
)
select * from final
