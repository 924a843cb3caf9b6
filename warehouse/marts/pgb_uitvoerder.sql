-- Grain: wlz_uitvoerder; Landelijk is the total. Letter, table 5 and figure 7.
select
    delivery_month, budget_year, scenario, wlz_uitvoerder, granted_to_date_eur,
    expected_excl_extra_eur, expected_eur, budget_eur, available_eur, available_ratio,
    lower_80_eur, upper_80_eur, lower_95_eur, upper_95_eur,
    available_lower_80_eur, available_upper_80_eur, available_lower_95_eur, available_upper_95_eur
from staged.utilisation_with_bounds
where part = 'pgb' and level in ('uitvoerder', 'national')
