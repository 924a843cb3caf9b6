-- Grain: wlz_uitvoerder; Landelijk is the total. Letter, table 3 and figure 4.
with year_bounds as (
    select
        scenario, part, level, wlz_uitvoerder, zorgkantoorregio, lower_80_eur, upper_80_eur, lower_95_eur, upper_95_eur
    from lake.forecast_bounds
    where period = 'year' and level in ('region', 'uitvoerder', 'national')
),
final as (
    select
        utilisation.delivery_month, utilisation.budget_year, utilisation.scenario, utilisation.wlz_uitvoerder, utilisation.declared_to_date_eur,
        utilisation.expected_excl_extra_eur, utilisation.expected_eur, utilisation.budget_eur,
        utilisation.available_eur, utilisation.available_ratio,
        year_bounds.lower_80_eur, year_bounds.upper_80_eur, year_bounds.lower_95_eur, year_bounds.upper_95_eur
    from lake.utilisation as utilisation
    left join year_bounds
        on year_bounds.scenario = utilisation.scenario and year_bounds.part = utilisation.part
        and year_bounds.level = utilisation.level and year_bounds.wlz_uitvoerder = utilisation.wlz_uitvoerder
        and year_bounds.zorgkantoorregio = utilisation.zorgkantoorregio
    where utilisation.level in ('uitvoerder', 'national') and utilisation.part = 'zin'
)
select * from final
